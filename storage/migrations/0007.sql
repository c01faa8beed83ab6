-- SPDX-License-Identifier: GPL-3.0-or-later
-- The recording, version 7: what the placeholders in messages stand for, sealed. An exchange that goes on has no id yet, and its messages
-- may go before it does, so these belong to its stream. One row for each different secret of a stream.

CREATE TABLE stream_sealed (
    stream INTEGER NOT NULL,
    name BLOB NOT NULL,                   -- the placeholder's 6 bytes; or 8 of a message's number: the whole message
    last INTEGER NOT NULL,                -- the newest message that needs it: it goes with that one; 4294967295: the head does
    kinds INTEGER NOT NULL,               -- these as in sealed; 0 of a whole message
    key BLOB NOT NULL,
    nonce BLOB NOT NULL,
    box BLOB NOT NULL,
    PRIMARY KEY (stream, name)
) WITHOUT ROWID;
