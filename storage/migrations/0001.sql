-- SPDX-License-Identifier: GPL-3.0-or-later
-- The recording, version 1. Numbers stand for texts that come again and again (table name); 0 stands for the empty text.

-- kind: 1 method, 2 host, 3 client, 4 user, 5 route, 6 service, 7 endpoint, 8 version, 9 cache, 10 breaker
CREATE TABLE name (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    text TEXT NOT NULL,
    last_epoch INTEGER NOT NULL,          -- the highest (exchange id >> 16) that used it: what is older may go
    UNIQUE (kind, text)
);

-- One row an exchange: what lists show and filters ask for most.
CREATE TABLE exchange (
    id INTEGER PRIMARY KEY,               -- rises, is never used again
    time INTEGER NOT NULL,                -- microseconds since 1970
    status INTEGER NOT NULL,              -- what the client got
    latency INTEGER NOT NULL,             -- ns
    latency_class INTEGER NOT NULL,       -- bits of the latency in ms, rounded down: 0 is below 1 ms, n is below 2^n ms
    request_bytes INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    method INTEGER NOT NULL,
    host INTEGER NOT NULL,
    client INTEGER NOT NULL,
    user INTEGER NOT NULL,
    route INTEGER NOT NULL,
    service INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    version INTEGER NOT NULL,
    cache INTEGER NOT NULL,
    breaker INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    bits INTEGER NOT NULL,                -- the values of is: (engine/recording/facts.h)
    failed_by INTEGER NOT NULL,           -- 0 nobody, 1 client, 2 upstream, 3 gateway
    replay_of INTEGER NOT NULL,           -- id; 0: none
    trace_key INTEGER NOT NULL,           -- first 60 bits of the trace id, so that its beginning is a range; -1: none
    request_key INTEGER NOT NULL,         -- hash of the request id
    trace BLOB NOT NULL,                  -- 16 bytes, or none
    request_id NOT NULL,                  -- BLOB of 16 bytes for a UUID, else TEXT
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    failure TEXT NOT NULL
);

CREATE INDEX exchange_by_status ON exchange (status);
CREATE INDEX exchange_by_route ON exchange (route);
CREATE INDEX exchange_by_service ON exchange (service);
CREATE INDEX exchange_by_client ON exchange (client);
CREATE INDEX exchange_by_latency ON exchange (latency_class);
CREATE INDEX exchange_by_bits ON exchange (bits) WHERE bits <> 0;
CREATE INDEX exchange_by_replay ON exchange (replay_of) WHERE replay_of <> 0;
-- Random keys would touch a page of the whole index each; within one epoch of 4,096 ids they touch few.
CREATE INDEX exchange_by_trace ON exchange (id >> 12, trace_key);
CREATE INDEX exchange_by_request ON exchange (id >> 12, request_key);

-- What only one exchange at a time is asked for.
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    packing INTEGER NOT NULL,             -- bits: which of the three below are packed (1, 2, 4; storage/packing.h), whose content is coded (8, 16)
    detail BLOB NOT NULL,                 -- heads, attempts, times, decisions (storage/detail_codec.h)
    request_body BLOB NOT NULL,
    response_body BLOB NOT NULL
);

-- What each run of 1,024 ids holds: finds times, counts rows, and tells retention where to cut.
CREATE TABLE span (
    id INTEGER PRIMARY KEY,               -- exchange id >> 10
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    rows INTEGER NOT NULL
);

CREATE TABLE mark (id INTEGER PRIMARY KEY, mark INTEGER NOT NULL);

CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('last_id', 0);   -- kept up to date where rows go, so that no id comes twice
