// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/websocket_handshake.h"

#include <QTest>

using namespace sluice::http;

namespace {

RequestHead request()
{
    RequestHead head;
    head.method = "GET";
    head.headers.add("Connection", "keep-alive, Upgrade");
    head.headers.add("Upgrade", "websocket");
    head.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    head.headers.add("Sec-WebSocket-Version", "13");
    head.headers.add("Sec-WebSocket-Protocol", "chat, superchat");
    head.headers.add("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-other");
    return head;
}

ResponseHead answer()
{
    ResponseHead head;
    head.status = 101;
    head.headers.add("Connection", "Upgrade");
    head.headers.add("Upgrade", "WebSocket");
    head.headers.add("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return head;
}

}  // namespace

class WebSocketHandshakeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theAnswerMustFitTheRequest_data();
    void theAnswerMustFitTheRequest();
    void whatWasAgreedIsRead();
    void aRequestHasAKeyOfSixteenBytes();
};

void WebSocketHandshakeTest::theAnswerMustFitTheRequest_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<bool>("good");
    QTest::newRow("as it is") << QByteArray("X") << QByteArray("y") << true;
    QTest::newRow("accept of another key")
        << QByteArray("Sec-WebSocket-Accept") << QByteArray("AAAAAAAAAAAAAAAAAAAAAAAAAAA=") << false;
    QTest::newRow("accept in another case")
        << QByteArray("Sec-WebSocket-Accept") << QByteArray("S3PPLMBITXAQ9KYGZZHZRBK+XOO=") << false;
    QTest::newRow("no accept") << QByteArray("Sec-WebSocket-Accept") << QByteArray() << false;
    QTest::newRow("other protocol") << QByteArray("Upgrade") << QByteArray("h2c") << false;
    QTest::newRow("offered") << QByteArray("Sec-WebSocket-Protocol") << QByteArray("superchat") << true;
    QTest::newRow("not offered") << QByteArray("Sec-WebSocket-Protocol") << QByteArray("soap") << false;
    QTest::newRow("two of them") << QByteArray("Sec-WebSocket-Protocol") << QByteArray("chat, superchat") << false;
    QTest::newRow("deflate") << QByteArray("Sec-WebSocket-Extensions") << QByteArray("permessage-deflate") << true;
    QTest::newRow("deflate twice") << QByteArray("Sec-WebSocket-Extensions")
                                   << QByteArray("permessage-deflate, permessage-deflate") << false;
    QTest::newRow("extension not offered")
        << QByteArray("Sec-WebSocket-Extensions") << QByteArray("x-webkit-deflate-frame") << false;
    QTest::newRow("parameter not known") << QByteArray("Sec-WebSocket-Extensions")
                                         << QByteArray("permessage-deflate; surprise=1") << false;
}

void WebSocketHandshakeTest::theAnswerMustFitTheRequest()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(bool, good);
    ResponseHead head = answer();
    if (value.isEmpty())
        head.headers.remove(name.toStdString());
    else
        head.headers.set(name.toStdString(), value.toStdString());
    const auto agreed = checkWebSocketAnswer(request(), head);
    QCOMPARE(bool(agreed), good);
    if (!good)
        QVERIFY(agreed.error().what.starts_with("the upstream's WebSocket handshake is wrong: "));
    RequestHead other = request();
    other.headers.set("Sec-WebSocket-Version", "8");
    QVERIFY(!checkWebSocketAnswer(other, answer()));
}

void WebSocketHandshakeTest::whatWasAgreedIsRead()
{
    ResponseHead head = answer();
    head.headers.add("Sec-WebSocket-Extensions",
                     "permessage-deflate; server_no_context_takeover; client_max_window_bits=12");
    auto agreed = checkWebSocketAnswer(request(), head);
    QVERIFY(agreed && agreed->deflate && agreed->clientTakesOver && !agreed->serverTakesOver);
    head.headers.set("Sec-WebSocket-Extensions", "x-other");
    agreed = checkWebSocketAnswer(request(), head);
    QVERIFY(agreed && !agreed->deflate);
    QCOMPARE(agreed->unknown, std::string("x-other"));
}

void WebSocketHandshakeTest::aRequestHasAKeyOfSixteenBytes()
{
    QVERIFY(asksForWebSocket(request()));
    QCOMPARE(wrongWebSocketRequest(request()), std::string());
    for (const char *key : {"", "short==", "dGhlIHNhbXBsZSBub25jZQ=a", "dGhlIHNhbXBs*SBub25jZQ=="}) {
        RequestHead head = request();
        head.headers.set("Sec-WebSocket-Key", key);
        QVERIFY(!wrongWebSocketRequest(head).empty());
    }
    RequestHead post = request();
    post.method = "POST";
    QVERIFY(!wrongWebSocketRequest(post).empty());
}

QTEST_GUILESS_MAIN(WebSocketHandshakeTest)
#include "websocket_handshake_test.moc"
