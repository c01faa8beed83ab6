// SPDX-License-Identifier: GPL-3.0-or-later
// What goes out of an Http2Session.
#include "engine/http/characters.h"
#include "engine/http/http2_callbacks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sluice::http {

namespace {

constexpr size_t mostValue = 0xffff;  // bytes of one field

// The fields of a section as nghttp2 takes them; it copies them, and writes names in lower case.
class Fields {
public:
    // `memory` is the session's, so that a message costs no allocation.
    explicit Fields(std::vector<nghttp2_nv> &memory) : list_(memory) { list_.clear(); }

    // False: it cannot be written.
    bool add(std::string_view name, std::string_view value, bool indexed = true)
    {
        if (value.size() > mostValue)
            return false;
        for (size_t at = plainRun(value, 0); at < value.size(); at += 1 + plainRun(value, at + 1)) {
            if (value[at] != '\t')
                return false;
        }
        put(name, value, indexed);
        return true;
    }
    void put(std::string_view name, std::string_view value, bool indexed = true)
    {
        const auto bytes = [](std::string_view text) {
            return reinterpret_cast<uint8_t *>(const_cast<char *>(text.data()));
        };
        list_.push_back({bytes(name), bytes(value), name.size(), value.size(),
                         uint8_t(indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)});
    }
    const nghttp2_nv *data() const { return list_.data(); }
    size_t size() const { return list_.size(); }

private:
    std::vector<nghttp2_nv> &list_;
};

bool isConnectionSpecificAnyCase(std::string_view name)
{
    switch (name.size()) {
    case 7: return equalsIgnoreCase(name, "upgrade");
    case 10: return equalsIgnoreCase(name, "connection") || equalsIgnoreCase(name, "keep-alive");
    case 16: return equalsIgnoreCase(name, "proxy-connection");
    case 17: return equalsIgnoreCase(name, "transfer-encoding");
    }
    return false;
}

// They differ in every message: in a table they would only push out others.
bool isNeverTheSame(std::string_view name)
{
    switch (name.size()) {
    case 10: return equalsIgnoreCase(name, "x-trace-id");
    case 11: return equalsIgnoreCase(name, "traceparent");
    case 12: return equalsIgnoreCase(name, "x-request-id");
    }
    return false;
}

// What is left out beside the connection's own fields.
struct Leave {
    bool length = false, host = false, webSocket = false;
    bool out(std::string_view name) const
    {
        if (isConnectionSpecificAnyCase(name))
            return true;
        switch (name.size()) {
        case 4: return host && equalsIgnoreCase(name, "host");
        case 14: return length && equalsIgnoreCase(name, "content-length");
        case 17: return webSocket && equalsIgnoreCase(name, "sec-websocket-key");
        case 20: return webSocket && equalsIgnoreCase(name, "sec-websocket-accept");
        }
        return false;
    }
};

bool addList(Fields &fields, const HeaderList &list, const Leave &leave)
{
    for (size_t i = 0; i < list.size(); ++i) {
        const Field field = list[i];
        if (leave.out(field.name))
            continue;
        const bool indexed = !isNeverTheSame(field.name);
        if (list.checked(i) && field.value.size() <= mostValue)
            fields.put(field.name, field.value, indexed);
        else if (!isToken(field.name) || !fields.add(field.name, field.value, indexed))
            return false;
    }
    return true;
}

struct Number {
    explicit Number(uint64_t n) { end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr; }
    std::string_view text() const { return {digits.data(), size_t(end - digits.data())}; }
    std::array<char, 20> digits;
    char *end;
};

bool isFramingField(std::string_view name)
{
    return equalsIgnoreCase(name, "content-length") || equalsIgnoreCase(name, "host") || equalsIgnoreCase(name, "te")
        || isConnectionSpecificAnyCase(name);
}

void noteFields(HeaderList &headers, const Wire &how)
{
    const Leave leave{.length = how.framing.has_value()};
    for (size_t i = headers.size(); i-- > 0;) {
        if (leave.out(headers[i].name))
            headers.removeAt(i);
    }
    if (how.framing && how.framing->kind == Framing::Kind::Length)
        headers.add("content-length", Number(how.framing->length).text());
}

}  // namespace

void noteAsSent(RequestHead &head, const Wire &how)
{
    noteFields(head.headers, how);
}

void noteAsSent(ResponseHead &head, const Wire &how)
{
    noteFields(head.headers, how);
}

void Http2Session::Callbacks::set(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, beginFrame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, beginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalidFrame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, sent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, sendContent);
}

// ---- heads

bool Http2Session::sendInformational(Http2Stream &stream, const ResponseHead &head)
{
    Fields fields(scratch_->fields);
    const Number status(uint64_t(head.status));
    fields.put(":status", status.text());
    if (stream.closed_ || !addList(fields, head.headers, Leave{.length = true}))
        return false;
    return nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, fields.data(), fields.size(),
                                  nullptr)
        == 0;
}

bool Http2Session::sendResponse(Http2Stream &stream, const ResponseHead &head, const Wire &how, bool end)
{
    Fields fields(scratch_->fields);
    const bool upgraded = head.status == 101;
    const Number status(upgraded ? 200 : uint64_t(head.status));
    fields.put(":status", status.text());
    if (stream.closed_ || head.status < 100 || head.status > 999
        || !addList(fields, head.headers, Leave{.length = how.framing.has_value(), .webSocket = upgraded}))
        return false;
    const Number length(how.framing ? how.framing->length : 0);
    if (how.framing && how.framing->kind == Framing::Kind::Length)
        fields.put("content-length", length.text());
    stream.outEnd_ = end;
    const nghttp2_data_provider content{{.ptr = nullptr}, Callbacks::readContent};
    if (end)
        return nghttp2_submit_response(session_, stream.id_, fields.data(), fields.size(), nullptr) == 0;
    return nghttp2_submit_response(session_, stream.id_, fields.data(), fields.size(), &content) == 0;
}

bool Http2Session::sendRequest(Http2Stream &stream, const RequestHead &head, const Wire &how, bool end, bool webSocket)
{
    Fields fields(scratch_->fields);
    if (leaving_ || !isToken(head.method) || head.target.empty() || targetRun(head.target, 0) != head.target.size())
        return false;
    fields.put(":method", webSocket ? std::string_view("CONNECT") : std::string_view(head.method));
    if (webSocket)
        fields.put(":protocol", "websocket");
    fields.put(":scheme", tls_ ? "https" : "http");
    const std::string_view host = head.headers.get("host");
    if (!fields.add(":authority", host.empty() ? std::string_view(head.authority) : host))
        return false;
    fields.put(":path", head.target);
    if (!addList(fields, head.headers, Leave{.length = how.framing.has_value(), .host = true, .webSocket = webSocket}))
        return false;
    const Number length(how.framing ? how.framing->length : 0);
    if (how.framing && how.framing->kind == Framing::Kind::Length)
        fields.put("content-length", length.text());
    const nghttp2_data_provider content{{.ptr = nullptr}, Callbacks::readContent};
    stream.answersHead_ = head.method == "HEAD";
    const int32_t id =
        nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), end ? nullptr : &content, &stream);
    if (id < 0)
        return false;
    Http2Counters::one(counters_.streams);
    stream.session_ = this;
    stream.id_ = id;
    stream.outEnd_ = end;
    ++open_;
    return true;
}

// ---- content

bool Http2Session::write(Http2Stream &stream, std::string_view data, bool last, const HeaderList *trailers)
{
    if (stream.closed_ || (stream.outEnd_ && !(data.empty() && last)))
        return false;
    if (stream.outEnd_)
        return true;
    stream.direct_ = data;
    stream.outEnd_ = last;
    if (last && trailers && !trailers->empty()) {
        stream.trailersOut_ = *trailers;
        stream.hasTrailers_ = true;
    }
    if (std::exchange(stream.deferred_, false))
        nghttp2_session_resume_data(session_, stream.id_);
    return true;
}

void Http2Session::keep(Http2Stream &stream)
{
    stream.out_ += stream.direct_;
    stream.direct_ = {};
}

ssize_t Http2Session::Callbacks::readContent(nghttp2_session *session, int32_t id, uint8_t *, size_t length,
                                             uint32_t *flags, nghttp2_data_source *, void *user)
{
    Http2Session &s = *static_cast<Http2Session *>(user);
    Http2Stream *stream = s.stream(id);
    if (!stream)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t held = stream->out_.size() - stream->outAt_, direct = stream->direct_.size();
    const size_t front = held ? held : direct;
    if (front == 0 && !stream->outEnd_) {
        stream->deferred_ = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    const size_t take = std::min(front, length);
    if (stream->outEnd_ && take == held + direct) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (stream->hasTrailers_) {
            Fields fields(s.scratch_->fields);
            for (const Field field : stream->trailersOut_) {
                if (isToken(field.name) && !isFramingField(field.name))
                    fields.add(field.name, field.value);
            }
            if (fields.size() > 0 && nghttp2_submit_trailer(session, id, fields.data(), fields.size()) == 0)
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        }
    }
    return ssize_t(take);
}

int Http2Session::Callbacks::sendContent(nghttp2_session *, nghttp2_frame *frame, const uint8_t *head, size_t length,
                                         nghttp2_data_source *, void *user)
{
    Http2Session &s = *static_cast<Http2Session *>(user);
    Http2Stream *stream = s.stream(frame->hd.stream_id);
    if (!stream)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    s.out_.append(reinterpret_cast<const char *>(head), 9);
    if (stream->outAt_ < stream->out_.size()) {
        s.out_.append(stream->out_, stream->outAt_, length);
        stream->outAt_ += length;
        if (stream->outAt_ == stream->out_.size()) {
            stream->out_.clear();
            stream->outAt_ = 0;
            if (!stream->outEnd_)
                stream->onRoom();
        }
    } else {
        s.out_.append(stream->direct_.substr(0, length));
        stream->direct_.remove_prefix(length);
    }
    return s.out_.size() < s.gatherMost_ ? 0 : NGHTTP2_ERR_PAUSE;  // else all content there is follows in one go
}

int Http2Session::Callbacks::sent(nghttp2_session *, const nghttp2_frame *frame, void *user)
{
    Http2Session &s = *static_cast<Http2Session *>(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        // A peer that makes us reset streams again and again is as bad as one that does so itself.
        const uint32_t code = frame->rst_stream.error_code;
        if (s.side_ == Side::Server && code != NGHTTP2_NO_ERROR && code != NGHTTP2_REFUSED_STREAM
            && code != NGHTTP2_INTERNAL_ERROR && !s.dead_)
            s.count(Flood::Resets);
        return 0;
    }
    if (frame->hd.type == NGHTTP2_GOAWAY)
        saidGoodbye(s, frame->goaway);
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    s.dataOut_ += frame->hd.type == NGHTTP2_DATA;
    if (Http2Stream *stream = s.stream(frame->hd.stream_id)) {
        stream->bytesOut_ += frame->hd.length + 9;
        if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
            stream->endSent_ = true;
            stream->onRoom();
        }
    }
    return 0;
}

void Http2Session::gather(size_t most)
{
    gatherMost_ = most;
    while (out_.size() < most) {
        const uint8_t *bytes = nullptr;
        const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
        if (n < 0 && !std::exchange(dead_, true))
            trouble_ = nghttp2_strerror(int(n));
        if (n <= 0)
            return;
        out_.append(reinterpret_cast<const char *>(bytes), size_t(n));
    }
}

bool Http2Session::wantsWrite() const
{
    return nghttp2_session_want_write(session_);
}

// ---- ends

void Http2Session::becomeTunnel(Http2Stream &stream)
{
    stream.tunnel_ = true;
    stream.expected_.reset();
}

void Http2Session::reset(Http2Stream &stream, Http2Code code)
{
    if (stream.id_ != 0 && !stream.closed_)
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, uint32_t(code));
}

void Http2Session::drop(Http2Stream &stream, Http2Code code)
{
    if (stream.id_ == 0)
        return;
    consumed(stream, stream.in_.size() + std::exchange(stream.handed_, 0));
    stream.in_.clear();
    if (!stream.closed_) {
        --open_;
        if (stream.malformed_)
            code = Http2Code::ProtocolError;
        nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, uint32_t(code));
    }
    stream.session_ = nullptr;
}

void Http2Session::noticeShutdown()
{
    noticing_ = true;
    nghttp2_submit_shutdown_notice(session_);
}

void Http2Session::refuseFurther()
{
    const int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, uint32_t(Http2Code::NoError), nullptr, 0);
}

void Http2Session::terminate(Http2Code code)
{
    terminated_ = true;
    nghttp2_session_terminate_session(session_, uint32_t(code));
}

bool Http2Session::takesConnect() const
{
    return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

uint32_t Http2Session::peerMaxStreams() const
{
    return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace sluice::http
