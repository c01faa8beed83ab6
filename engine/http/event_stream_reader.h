// SPDX-License-Identifier: GPL-3.0-or-later
// EventStreamReader: the events of a text/event-stream (WHATWG HTML, "Server-sent events", 9.2.6). Sans-IO; looks on only.
// One thread an object. Memory: what of the event under way is kept, 1 KiB each of its type and id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

struct ServerEvent {
    std::string type;    // "message" where the stream gives none
    std::string id;      // the last that was given; the browser's Last-Event-ID
    std::string bytes;   // of the data: the first that were to be kept; lines joined by LF
    uint64_t size = 0;   // of all the data
    int64_t retry = -1;  // ms, where this event sets it
};

class EventStreamReader {
public:
    // Takes from the front of `in` until an event is whole (true), or nothing is left (false). Of its data at most `keep`
    // bytes are kept. An event without data is none; what follows the last empty line is none, either. Nothing is malformed:
    // the standard gives every text a meaning.
    bool read(std::string_view &in, size_t keep);
    // Until the next read(); may be moved from.
    ServerEvent &event() { return done_; }
    uint64_t comments() const { return comments_; }  // lines that begin with a colon: they keep connections alive
    size_t held() const { return event_.bytes.size(); }

private:
    enum class Place : uint8_t { Mark, Name, Space, Value };
    static constexpr size_t mostName = 16, mostText = 1024;
    void takeValue(std::string_view some, size_t keep);
    bool endLine(size_t keep);
    void setField(size_t keep);

    Place place_ = Place::Mark;
    size_t marked_ = 0;      // bytes of a byte order mark that have come
    bool carriage_ = false;  // the last byte was CR: an LF belongs to it
    bool empty_ = true;      // nothing of this line has come
    std::string name_, value_;
    bool isData_ = false, valueCut_ = false;
    bool hasData_ = false;
    std::string lastId_;
    ServerEvent event_, done_;
    uint64_t comments_ = 0;
};

}  // namespace sluice::http
