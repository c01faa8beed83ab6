// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/event_stream_reader.h"

#include <algorithm>

namespace sluice::http {

namespace {
constexpr std::string_view byteOrderMark = "\xef\xbb\xbf";
}

bool EventStreamReader::read(std::string_view &in, size_t keep)
{
    while (!in.empty()) {
        const char c = in.front();
        if (place_ == Place::Mark) {
            if (marked_ < byteOrderMark.size() && c == byteOrderMark[marked_]) {
                in.remove_prefix(1);
                if (++marked_ == byteOrderMark.size())
                    place_ = Place::Name;
                continue;
            }
            place_ = Place::Name;
            name_ = byteOrderMark.substr(0, marked_);  // it was none
            empty_ = marked_ == 0;
        }
        if (carriage_) {
            carriage_ = false;
            if (c == '\n') {
                in.remove_prefix(1);
                continue;
            }
        }
        if (c == '\r' || c == '\n') {
            in.remove_prefix(1);
            carriage_ = c == '\r';
            if (endLine(keep))
                return true;
            continue;
        }
        empty_ = false;
        if (place_ == Place::Name) {
            in.remove_prefix(1);
            if (c != ':') {
                if (name_.size() < mostName)
                    name_ += c;
                continue;
            }
            place_ = Place::Space;
            setField(keep);
            continue;
        }
        if (place_ == Place::Space) {
            place_ = Place::Value;
            if (c == ' ') {
                in.remove_prefix(1);
                continue;
            }
        }
        const std::string_view some = in.substr(0, std::min(in.find_first_of("\r\n"), in.size()));
        takeValue(some, keep);
        in.remove_prefix(some.size());
    }
    return false;
}

void EventStreamReader::setField(size_t keep)
{
    isData_ = name_ == "data";
    if (!isData_)
        return;
    if (hasData_) {
        ++event_.size;
        if (event_.bytes.size() < keep)
            event_.bytes += '\n';
    }
    hasData_ = true;
}

void EventStreamReader::takeValue(std::string_view some, size_t keep)
{
    if (isData_) {
        event_.size += some.size();
        if (event_.bytes.size() < keep)
            event_.bytes.append(some.substr(0, keep - event_.bytes.size()));
    } else if (!name_.empty()) {
        const size_t room = mostText - std::min(mostText, value_.size());
        valueCut_ = valueCut_ || some.size() > room;
        value_.append(some.substr(0, room));
    }
}

// True: the line was empty and ended an event.
bool EventStreamReader::endLine(size_t keep)
{
    if (empty_) {
        const bool whole = hasData_;
        if (whole) {
            event_.id = lastId_;
            if (event_.type.empty())
                event_.type = "message";
            done_ = std::move(event_);
        }
        event_ = ServerEvent();
        hasData_ = false;
        return whole;
    }
    if (place_ == Place::Name)  // a line without a colon is a name with an empty value
        setField(keep);
    if (name_.empty()) {
        ++comments_;
    } else if (name_ == "event") {
        event_.type = value_;
    } else if (name_ == "id" && value_.find('\0') == value_.npos && !valueCut_) {
        lastId_ = value_;
    } else if (name_ == "retry" && !value_.empty() && value_.size() <= 15
               && std::all_of(value_.begin(), value_.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        event_.retry = std::stoll(value_);
    }
    name_.clear();
    value_.clear();
    isData_ = valueCut_ = false;
    empty_ = true;
    place_ = Place::Name;
    return false;
}

}  // namespace sluice::http
