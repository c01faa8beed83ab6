// SPDX-License-Identifier: GPL-3.0-or-later
// One request to one endpoint, and its answer to the client. The upload runs beside the answer.
#include "engine/http/forwarding.h"
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

// What the upload and the answer tell each other.
struct Talk {
    Talk(Journey &journey, Held &h, Attempt &a)
        : j(journey),
          up(*h),
          held(h),
          attempt(a),
          answering(journey.scope),
          moving(journey.scope),
          relaying(moving),
          upload(moving)
    {}
    Journey &j;
    UpstreamStream &up;
    Held &held;
    Attempt &attempt;
    Scope answering;   // stops the wait for the answer's head
    Scope moving;      // stops when nothing moves in either direction for the idle timeout
    Scope relaying;    // stops the answer on its way down
    Signal mayUpload;  // 100 Continue came
    bool continued = false;
    Fork upload;
    bool uploaded = false;         // the request is with the upstream, whole
    bool waitedForClient = false;  // when the upload was stopped
};

constexpr Nanos continueWait = std::chrono::seconds(1);

// Expect: 100-continue (RFC 9110 section 10.1.1): the upstream decides; one that says nothing for a second gets the content.
Task<bool> waitForContinue(Talk &t)
{
    Scope waiting(t.upload.scope());
    waiting.deadline(continueWait);
    while (!t.continued) {
        const Why why = co_await on(t.mayUpload, waiting);
        if (why == Why::TimedOut && t.upload.scope().running())
            break;
        if (why != Why::Ok)
            co_return false;
    }
    if (!t.continued)
        t.j.client.sendInformational(http::ResponseHead{100, "Continue", http::Version::Http11, {}});
    co_return true;
}

// The upload cannot go on, and without it there is no use in the answer either.
void abandon(Talk &t)
{
    t.answering.cancel(Why::Abandoned);
    t.relaying.cancel(Why::Abandoned);
}

// Nothing moved for the idle timeout. With an answer on its way, that one's end tells it.
void uploadStoodStill(Talk &t, bool atUpstream)
{
    Journey &j = t.j;
    if (j.client.headSent())
        return;
    const std::string how = "the request's content stood still for " + durationText(j.service->timeouts.idle);
    if (atUpstream)
        j.fail(Fault::Upstream, 504, how + ": the upstream took no more");
    else
        j.fail(Fault::Client, 408, how);
    j.client.closeAfter();
    abandon(t);
}

Task<void> moveContent(Talk &t)
{
    Journey &j = t.j;
    if (j.client.expectsContinue()) {
        const bool go = co_await waitForContinue(t);
        if (!go)
            co_return;
    }
    j.uploadBegun = true;
    Pump p{j, j.client, t.up, j.x->requestBody, j.service->timeouts.idle, true, &t.moving, Message::From::Client};
    const PumpResult result = co_await pump(p, t.upload.scope());
    if (!j.client.headSent())  // the wait for the answer has a timeout of its own
        t.moving.deadline(Nanos(0));
    switch (result.end) {
    case PumpResult::End::Whole:
        t.uploaded = true;
        j.x->times.requestSent = j.sinceStart();
        if (!p.source.trailers().empty())
            j.x->requestTrailers = p.source.trailers();
        t.answering.deadline(j.service->timeouts.response);
        co_return;
    case PumpResult::End::SourceFailed:  // the client broke off, or its framing is wrong: both are its fault
        if (j.connection.stopped() == Why::ClientGone)
            j.failWait(Why::ClientGone, "");
        j.fail(Fault::Client, 400, "the request's content broke off: " + j.client.reason());
        j.client.closeAfter();
        abandon(t);
        co_return;
    case PumpResult::End::SinkFailed:  // an answer may still be there: the reader finds out
        t.answering.deadline(j.service->timeouts.response);
        co_return;
    case PumpResult::End::Stopped:
        t.waitedForClient = !result.atSink;
        if (result.why == Why::TimedOut && j.scope.running())
            uploadStoodStill(t, result.atSink);
        co_return;
    }
}

// The upload as a task of its own: what it throws ends the exchange, not the program.
Task<void> sendContent(Talk &t)
{
    try {
        co_await moveContent(t);
    } catch (const std::exception &e) {
        t.j.fail(Fault::Gateway, 500, std::string("internal error: ") + e.what());
        abandon(t);
    }
}

Task<void> stopUpload(Talk &t)
{
    if (!t.upload.started())
        co_return;
    t.upload.scope().cancel(Why::Abandoned);
    Scope unstoppable(t.j.world.scheduler());
    co_await join(t.upload, unstoppable);
}

// The total timeout is over. A client that has not sent all of its request by then has only itself to blame.
Task<void> noAnswerInTime(Talk &t)
{
    co_await stopUpload(t);  // says for whom it waited
    if (t.waitedForClient) {
        t.j.fail(Fault::Client, 408,
                 "the request's content was not whole when the total timeout of "
                     + durationText(t.j.service->timeouts.total) + " was over");
        t.j.client.closeAfter();
    }
}

// The final head, past all 1xx. False: there is none.
Task<bool> answerHead(Talk &t)
{
    for (;;) {
        switch (t.up.readHead()) {
        case UpstreamStream::Head::Final: co_return true;
        case UpstreamStream::Head::Informational: {
            const http::ResponseHead &head = t.up.response();
            if (head.status == 100) {
                t.continued = true;
                t.mayUpload.wake(t.j.world.scheduler());
                if (!t.j.client.expectsContinue())
                    continue;
            }
            http::ResponseHead onward;
            http::toClient(head, onward);
            t.j.client.sendInformational(onward);
            continue;
        }
        case UpstreamStream::Head::Failed: co_return false;
        case UpstreamStream::Head::Wait: {
            const Why why = co_await on(t.up.readable(), t.answering);
            if (why == Why::Ok)
                continue;
            if (why == Why::TimedOut && !t.j.scope.running())
                co_await noAnswerInTime(t);
            t.j.failWait(why, "the upstream did not begin to answer in time");
            co_return false;
        }
        }
    }
}

Length lengthOf(const Talk &t)
{
    const http::Framing &framing = t.up.framing();
    switch (framing.kind) {
    case http::Framing::Kind::None: return Length{Length::Kind::None, 0};
    case http::Framing::Kind::Length: return Length{Length::Kind::Known, framing.length};
    case http::Framing::Kind::Chunked:
    case http::Framing::Kind::UntilClose: break;
    }
    return Length{Length::Kind::Unknown, 0};
}

void sendHead(Talk &t)
{
    Journey &j = t.j;
    Exchange &x = *j.x;
    swap(x.answer, t.up.response());
    http::toClient(x.answer, x.returned, "sluice", x.answer.status == 101);
    if (!x.returned.headers.has("Date"))  // RFC 9110 section 6.6.1
        x.returned.headers.add("Date", httpDate(j.world.wallTime()), true);
    x.returned.headers.setOwn("X-Request-ID", x.requestId);
    x.returned.headers.setOwn("X-Trace-ID", x.trace.trace);
    watchAnswer(j);
    t.attempt.status = x.answer.status;
    t.attempt.firstByte = x.times.firstByte = j.sinceStart();
    j.client.sendHead(x.returned, lengthOf(t), j.recording);
    x.times.answered = x.times.firstByte;
}

// A client may leave once it has as much as the head promises: HTTP/2 says the end of it in a frame that may come later.
bool leftWithAll(const Talk &t, const PumpResult &result)
{
    const Length length = lengthOf(t);
    const bool left = result.end == PumpResult::End::SinkFailed
        || (result.end == PumpResult::End::Stopped && result.why == Why::ClientGone);
    return left && result.drained && length.kind != Length::Kind::Unknown && t.j.x->responseBody.size == length.bytes;
}

// The answer's content went down to the client. True: whole.
bool relayed(Talk &t, const PumpResult &result)
{
    Journey &j = t.j;
    if (leftWithAll(t, result)) {
        j.delivered = j.x->responseBody.complete = true;
        return true;
    }
    switch (result.end) {
    case PumpResult::End::Whole:
        if (!t.up.trailers().empty())
            j.x->responseTrailers = t.up.trailers();
        return true;
    case PumpResult::End::SourceFailed:
        t.attempt.error = "the answer broke off: " + t.up.reason();
        j.fail(Fault::Upstream, 502, t.attempt.error);
        break;
    case PumpResult::End::SinkFailed:
        j.fail(Fault::Client, 499, "the client closed the connection before the answer was whole");
        break;
    case PumpResult::End::Stopped:
        if (result.why == Why::TimedOut && result.atSink && j.scope.running())
            j.fail(Fault::Client, 499,
                   "the client took nothing of the answer for " + durationText(j.service->timeouts.idle));
        else if (result.why == Why::TimedOut && result.atSink)
            j.fail(Fault::Client, 499,
                   "the client had not taken all of the answer when the total timeout of "
                       + durationText(j.service->timeouts.total) + " was over");
        else if (result.why == Why::TimedOut && t.waitedForClient && j.scope.running())
            j.fail(Fault::Client, 408,
                   "nothing moved for " + durationText(j.service->timeouts.idle)
                       + ", and the request's content is not whole");
        else
            j.failWait(result.why, "the answer stood still for longer than the idle timeout");
        if (j.x->failedBy == Fault::Upstream)
            t.attempt.error = j.x->failure;
        break;
    }
    return false;
}

// Why there was no head, and whether the same request may be sent again (RFC 9110 section 9.2.2).
Ending noAnswer(Talk &t)
{
    Journey &j = t.j;
    const bool stale = t.up.reused() && http::isIdempotent(j.x->received.method);
    const bool again = !j.failed() && t.up.silent() && !j.uploadBegun && (!t.up.touched() || stale);
    t.attempt.error = j.failed() ? j.x->failure
        : again && t.up.reused() ? "the kept connection had been closed"
                                 : t.up.reason();
    if (!again)
        j.fail(Fault::Upstream, 502, "no valid answer: " + t.attempt.error);
    return again ? Ending::Again : Ending::Failed;
}

}  // namespace

Task<Ending> converse(Journey &j, Held &held, Attempt &attempt)
{
    Talk t(j, held, attempt);
    t.up.sendHead(j.x->sent, j.requestLength, j.recording);
    if (j.requestLength.kind == Length::Kind::None) {
        t.up.write({}, true);
        t.uploaded = true;
        j.x->times.requestSent = j.sinceStart();
        t.answering.deadline(j.service->timeouts.response);
    } else {
        if (j.client.expectsContinue())
            t.up.flush();
        t.upload.start(sendContent(t));
    }
    const bool there = co_await answerHead(t);
    if (!there) {
        co_await stopUpload(t);
        co_return noAnswer(t);
    }
    t.answering.deadline(Nanos(0));
    const bool switching = t.up.response().status == 101;
    if (switching && !(j.upgrade && t.uploaded)) {
        co_await stopUpload(t);
        t.attempt.error = "the upstream switched protocols unasked";
        j.fail(Fault::Upstream, 502, t.attempt.error);
        co_return Ending::Failed;
    }
    if (switching && j.webSocket) {
        t.attempt.error = watchWebSocket(j, t.up.response());
        if (!t.attempt.error.empty()) {
            swap(j.x->answer, t.up.response());  // for the record
            j.fail(Fault::Upstream, 502, t.attempt.error);
            co_return Ending::Failed;
        }
    }
    // Refused before the request was whole: the client's connection cannot go on. An answer that is no refusal (an echo, a
    // stream) may well let the upload end first.
    const bool unwanted = !j.uploadBegun && j.client.expectsContinue();
    if (!t.uploaded && (t.up.response().status >= 300 || unwanted))
        j.client.closeAfter();
    if (unwanted)
        co_await stopUpload(t);  // the client waits for a word that will not come
    sendHead(t);
    if (switching) {
        co_await tunnel(j, t.up);
        co_return Ending::Answered;
    }
    Pump down{j, t.up, j.client, j.x->responseBody, j.service->timeouts.idle, true, t.uploaded ? nullptr : &t.moving};
    const PumpResult result = co_await pump(down, t.relaying);
    const bool whole = relayed(t, result);
    if (!t.uploaded) {
        j.client.closeAfter();
        co_await stopUpload(t);
    } else if (whole && !j.delivered) {
        held.keep();
    }
    co_return whole ? Ending::Answered : Ending::Failed;
}

}  // namespace sluice::journey
