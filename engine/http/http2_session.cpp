// SPDX-License-Identifier: GPL-3.0-or-later
// What comes in. For what goes out see http2_output.cpp.
#include "engine/http/http2_session.h"

#include "engine/http/http2_callbacks.h"

#include <algorithm>
#include <utility>

namespace sluice::http {

namespace {

constexpr Nanos period = std::chrono::seconds(10);              // of the budgets
constexpr size_t fewestContinuations = 16, frameBytes = 16384;  // of those that are let pass; of a frame

std::string_view view(const uint8_t *bytes, size_t size)
{
    return {reinterpret_cast<const char *>(bytes), size};
}

Http2Session &self(void *user)
{
    return *static_cast<Http2Session *>(user);
}

}  // namespace

// ---- what nghttp2 calls

int Http2Session::Callbacks::beginFrame(nghttp2_session *, const nghttp2_frame_hd *hd, void *user)
{
    self(user).frameBegan(hd->type, hd->flags, hd->length);
    return self(user).dead_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int Http2Session::Callbacks::beginHeaders(nghttp2_session *, const nghttp2_frame *frame, void *user)
{
    Http2Session &s = self(user);
    const Http2Stream *stream = s.stream(frame->hd.stream_id);
    s.inHead_ = true;
    if (stream && stream->headWhole_)
        s.section_.begin(FieldSection::Kind::Trailers);
    else
        s.section_.begin(s.side_ == Side::Server ? FieldSection::Kind::Request : FieldSection::Kind::Response, s.tls_);
    return 0;
}

int Http2Session::Callbacks::header(nghttp2_session *, const nghttp2_frame *, const uint8_t *name, size_t nameSize,
                                    const uint8_t *value, size_t valueSize, uint8_t, void *user)
{
    Http2Session &s = self(user);
    s.section_.add(view(name, nameSize), view(value, valueSize));
    if (s.section_.size() <= s.mostFields_)
        return 0;
    s.flooded(s.counters_.fieldFloods, "a message has far more fields than are taken");
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int Http2Session::Callbacks::frame(nghttp2_session *, const nghttp2_frame *frame, void *user)
{
    Http2Session &s = self(user);
    const bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM, ack = frame->hd.flags & NGHTTP2_FLAG_ACK;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        s.inHead_ = false;
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            s.requestWhole(frame->hd.stream_id, last, frame->hd.length);
        else
            s.sectionWhole(frame->hd.stream_id, last, frame->hd.length);
        break;
    case NGHTTP2_DATA:
        if (Http2Stream *stream = s.stream(frame->hd.stream_id)) {
            stream->bytesIn_ += frame->hd.length + 9;
            if (last)
                s.contentEnded(*stream);
        }
        if (!last && frame->hd.length > 0 && frame->data.padlen >= frame->hd.length)
            s.count(Flood::EmptyFrames);  // padding and nothing else
        break;
    case NGHTTP2_SETTINGS:
        if (!ack)
            s.owner_.settled();
        break;
    case NGHTTP2_PING:
        if (ack)
            s.owner_.ponged();
        break;
    case NGHTTP2_GOAWAY:
        s.leaving_ = true;
        s.lastAllowed_ = frame->goaway.last_stream_id;
        s.owner_.leaving();
        break;
    default: break;
    }
    return 0;
}

int Http2Session::Callbacks::data(nghttp2_session *session, uint8_t, int32_t id, const uint8_t *bytes, size_t size,
                                  void *user)
{
    Http2Session &s = self(user);
    if (Http2Stream *stream = s.stream(id))
        s.content(*stream, view(bytes, size));
    else
        nghttp2_session_consume(session, id, size);
    return 0;
}

int Http2Session::Callbacks::close(nghttp2_session *, int32_t id, uint32_t code, void *user)
{
    self(user).streamClosed(id, code);
    return 0;
}

int Http2Session::Callbacks::invalidFrame(nghttp2_session *, const nghttp2_frame *, int error, void *user)
{
    Http2Session &s = self(user);
    s.counted_ = true;
    Http2Counters::one(error == NGHTTP2_ERR_REFUSED_STREAM ? s.counters_.refused : s.counters_.protocolErrors);
    return 0;
}

// ---- making one

Http2Session::Http2Session(Side side, Owner &owner, const Limits &limits, Http2Counters &counters, bool tls)
    : side_(side),
      owner_(owner),
      counters_(counters),
      tls_(tls),
      scratch_(std::make_unique<Scratch>()),
      section_(limits),
      mostFields_(4 * (uint64_t(limits.headBytes) + 32 * uint64_t(limits.headerCount)))
{
    nghttp2_session_callbacks *callbacks = nullptr;
    nghttp2_option *option = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        throw std::bad_alloc();
    Callbacks::set(callbacks);
    Callbacks::countUnknownFrames(callbacks, option);
    nghttp2_option_set_no_http_messaging(option, 1);  // FieldSection is stricter, and says what is wrong
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_outbound_ack(option, 256);
    nghttp2_option_set_max_settings(option, 16);
    nghttp2_option_set_max_continuations(option, std::max(fewestContinuations, 2 * limits.headBytes / frameBytes));
    // What http.header_bytes lets in at most, and 12 bytes a field: a head that is too long is not sent, and nobody is told.
    nghttp2_option_set_max_send_header_block_length(option, 2 * 1024 * 1024);
    nghttp2_option_set_max_deflate_dynamic_table_size(option, 4096);
    nghttp2_option_set_max_reserved_remote_streams(option, 0);
    const int made = side == Side::Server
        ? nghttp2_session_server_new3(&session_, callbacks, this, option, Callbacks::memory())
        : nghttp2_session_client_new3(&session_, callbacks, this, option, Callbacks::memory());
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0)
        throw std::bad_alloc();
    const nghttp2_settings_entry server[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, maxStreams},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, streamWindow},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headBytes},
                                             {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
                                             {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
    const nghttp2_settings_entry client[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, streamWindow},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headBytes}};
    if (side == Side::Server)
        nghttp2_submit_settings(session_, 0, server, std::size(server));
    else
        nghttp2_submit_settings(session_, 0, client, std::size(client));
    nghttp2_session_set_local_window_size(session_, 0, 0, connectionWindow);
}

Http2Session::~Http2Session()
{
    nghttp2_session_del(session_);
}

// ---- feeding

bool Http2Session::feed(std::string_view bytes, Moment now)
{
    if (dead_)
        return false;
    counted_ = false;
    if (now - periodBegan_ >= period) {
        periodBegan_ = now;
        std::fill(std::begin(counts_), std::end(counts_), 0);
        completed_ = heads_ = dataIn_ = dataOut_ = 0;
    }
    const ssize_t n = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
    if (n >= 0 && !dead_ && queued() > mostQueued)
        flooded(counters_.resetFloods, "the peer asks for more and more answers and takes none");
    if (n >= 0 && !dead_)
        return !over();
    if (!std::exchange(dead_, true)) {
        trouble_ = nghttp2_strerror(int(n));
        if (n == NGHTTP2_ERR_FLOODED)
            flooded(counters_.pingFloods, "more was to be acknowledged than the peer took");
        else if (n == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
            flooded(counters_.continuationFloods, "a field section came in too many frames");
        else
            Http2Counters::one(counters_.protocolErrors);
    }
    return false;
}

bool Http2Session::over() const
{
    return dead_ || (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_));
}

// ---- field sections

void Http2Session::sectionWhole(int32_t id, bool last, size_t length)
{
    Http2Stream *known = stream(id);
    if (!known)
        return;  // it was given up
    known->bytesIn_ += length + 9;
    if (known->headWhole_)
        trailersWhole(*known, last);
    else
        answerWhole(*known, last);
}

void Http2Session::requestWhole(int32_t id, bool last, size_t length)
{
    const bool good = section_.finish(last);
    Http2Stream *stream = owner_.begun();
    if (!stream) {
        Http2Counters::one(counters_.refused);
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, uint32_t(Http2Code::RefusedStream));
        return;
    }
    Http2Counters::one(counters_.streams);
    stream->session_ = this;
    stream->id_ = id;
    stream->headWhole_ = true;
    stream->bytesIn_ = length + 9;
    stream->inEnded_ = last;
    ++open_;
    nghttp2_session_set_stream_user_data(session_, id, stream);
    if (!good) {
        Http2Counters::one(counters_.malformed);
        stream->failed_ = stream->malformed_ = true;
        stream->trouble_ = section_.refusal().what;
    } else if (!section_.isWebSocket()) {
        stream->expected_ = last ? std::nullopt : section_.contentLength();
    }
    stream->onHead();
}

void Http2Session::answerWhole(Http2Stream &stream, bool last)
{
    if (!section_.finish(last))
        return fail(stream, section_.refusal().what);
    if (!section_.informational()) {
        const int status = section_.response().status;
        const bool none = stream.answersHead_ || status == 204 || status == 304 || stream.tunnel_;
        stream.headWhole_ = true;
        stream.inEnded_ = last;
        if (!none && last && section_.contentLength().value_or(0) != 0)
            return fail(stream, "the answer ends before the content that it announces");
        stream.expected_ = none ? std::nullopt : section_.contentLength();
        if (none && !stream.tunnel_)
            stream.expected_ = 0;
    }
    stream.onHead();
}

void Http2Session::trailersWhole(Http2Stream &stream, bool last)
{
    if (stream.inEnded_ || stream.failed_)
        return;
    if (!section_.finish(last))
        return fail(stream, section_.refusal().what);
    std::swap(stream.trailers_, section_.trailers());
    contentEnded(stream);
}

// ---- content

void Http2Session::content(Http2Stream &stream, std::string_view data)
{
    if (stream.failed_)
        return consumed(stream, data.size());
    if (stream.expected_) {
        if (data.size() > *stream.expected_) {
            consumed(stream, data.size());
            return fail(stream, "more content came than was announced");
        }
        *stream.expected_ -= data.size();
    }
    stream.in_ += data;  // the peer keeps to its window, nghttp2 sees to it
    stream.onInput();
}

void Http2Session::contentEnded(Http2Stream &stream)
{
    if (stream.failed_ || stream.inEnded_)
        return;
    if (stream.expected_.value_or(0) != 0)
        return fail(stream, "less content came than was announced");
    stream.inEnded_ = true;
    stream.onInput();
}

// RFC 9113 section 8.1.1. A request gets an answer first, if there is none yet: drop() resets it.
void Http2Session::fail(Http2Stream &stream, std::string_view why)
{
    if (side_ == Side::Server)
        Http2Counters::one(counters_.malformed);
    stream.failed_ = stream.malformed_ = true;
    stream.trouble_ = why;
    if (side_ == Side::Client)
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, uint32_t(Http2Code::ProtocolError));
    stream.onInput();
}

void Http2Session::streamClosed(int32_t id, uint32_t code)
{
    Http2Stream *s = stream(id);
    if (!s)
        return;
    --open_;
    s->closed_ = true;
    if (code == uint32_t(Http2Code::RefusedStream) && s->id_ % 2 == 1 && side_ == Side::Client)
        Http2Counters::one(counters_.refused);
    const bool reset = code != 0 || !s->inEnded_ || !s->endSent_;
    if (!reset)
        ++completed_;
    if (!s->inEnded_ && !s->failed_) {
        s->failed_ = true;
        s->trouble_ = code == uint32_t(Http2Code::RefusedStream) ? "the stream was refused" : "the stream was reset";
    }
    const bool untouched = code == uint32_t(Http2Code::RefusedStream) || id > lastAllowed_;
    s->onClosed(reset, code, untouched);
}

Http2Stream *Http2Session::stream(int32_t id) const
{
    return static_cast<Http2Stream *>(nghttp2_session_get_stream_user_data(session_, id));
}

void Http2Session::consumed(Http2Stream &stream, uint64_t bytes)
{
    if (bytes == 0)
        return;
    if (stream.closed_)
        nghttp2_session_consume_connection(session_, bytes);
    else
        nghttp2_session_consume(session_, stream.id_, bytes);
}

Http2Stream::Input Http2Stream::read()
{
    if (session_)
        session_->consumed(*this, std::exchange(handed_, 0));
    reading_.clear();
    if (failed_)
        return {Step::Failed, {}};
    if (!in_.empty()) {
        reading_.swap(in_);
        handed_ = reading_.size();
        return {Step::Data, reading_, inEnded_};
    }
    if (inEnded_)
        std::string().swap(reading_);
    return {inEnded_ ? Step::End : Step::Wait, {}};
}

}  // namespace sluice::http
