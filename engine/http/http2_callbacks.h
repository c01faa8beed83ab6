// SPDX-License-Identifier: GPL-3.0-or-later
// The functions that nghttp2 calls for an Http2Session. Internal to this room.
#pragma once

#include "engine/http/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <vector>

namespace sluice::http {

struct Http2Session::Callbacks {
    static int beginFrame(nghttp2_session *, const nghttp2_frame_hd *, void *);
    static int beginHeaders(nghttp2_session *, const nghttp2_frame *, void *);
    static int header(nghttp2_session *, const nghttp2_frame *, const uint8_t *, size_t, const uint8_t *, size_t,
                      uint8_t, void *);
    static int frame(nghttp2_session *, const nghttp2_frame *, void *);
    static int data(nghttp2_session *, uint8_t, int32_t, const uint8_t *, size_t, void *);
    static int close(nghttp2_session *, int32_t, uint32_t, void *);
    static int invalidFrame(nghttp2_session *, const nghttp2_frame *, int, void *);
    static void saidGoodbye(Http2Session &, const nghttp2_goaway &);
    static int sent(nghttp2_session *, const nghttp2_frame *, void *);
    static ssize_t readContent(nghttp2_session *, int32_t, uint8_t *, size_t, uint32_t *, nghttp2_data_source *,
                               void *);
    static int sendContent(nghttp2_session *, nghttp2_frame *, const uint8_t *, size_t, nghttp2_data_source *, void *);
    static void set(nghttp2_session_callbacks *);
    static void countUnknownFrames(nghttp2_session_callbacks *, nghttp2_option *);
    static nghttp2_mem *memory();
};

struct Http2Session::Scratch {
    std::vector<nghttp2_nv> fields;
};

}  // namespace sluice::http
