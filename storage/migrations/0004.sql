-- SPDX-License-Identifier: GPL-3.0-or-later
-- The recording, version 4: exchanges that have messages (WebSockets, event streams, gRPC calls), also while they are open.

CREATE TABLE stream (
    id INTEGER PRIMARY KEY,               -- rises
    exchange INTEGER NOT NULL,            -- id; 0: still open, or broken off with the gateway
    kind INTEGER NOT NULL,                -- 1 WebSocket, 2 events, 3 gRPC
    messages INTEGER NOT NULL,            -- that went by
    kept INTEGER NOT NULL,                -- that were written below; older ones may have gone since
    grpc_status INTEGER NOT NULL,         -- -1: not told
    grpc_message TEXT NOT NULL,
    opened BLOB NOT NULL                  -- while it is open: what is known of the exchange (storage/exchange_codec.h)
);
CREATE INDEX stream_by_exchange ON stream (exchange);

-- What gives the fields of gRPC messages their names (protoc --descriptor_set_out), as each service had it last.
CREATE TABLE descriptor_set (service TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;

-- One row a message.
CREATE TABLE stream_message (
    id INTEGER PRIMARY KEY,               -- stream << 32 | number within the exchange
    time INTEGER NOT NULL,                -- ns since the exchange began
    origin INTEGER NOT NULL,              -- 0 client, 1 upstream
    kind INTEGER NOT NULL,                -- journey::Message::Kind
    size INTEGER NOT NULL,                -- of the whole message, decoded
    flags INTEGER NOT NULL,               -- bits: storage/stream_rows.h
    close_code INTEGER NOT NULL,
    event TEXT NOT NULL,
    event_id TEXT NOT NULL,
    bytes BLOB NOT NULL                   -- the first of it
);
