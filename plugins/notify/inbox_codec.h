/*
 * inbox_codec - an inbox as the bytes of one fact.
 *
 *     'N' 'I' version:u8 zero:u8  last_seq:u64 count:u32
 *     each entry: seq created expires read:u64  priority received:u8
 *                 id_len:u16 body_len:u32  id  body
 *
 * Integers have their lowest byte first.
 *
 * Thread:  any
 * Errors:  false: malformed, too long, or without memory; a buffer or inbox
 *          that was written to is only to be cleared then
 */
#ifndef PLUGINS_NOTIFY_INBOX_CODEC_H
#define PLUGINS_NOTIFY_INBOX_CODEC_H

#include <stdbool.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

struct inbox;

// What a fact may have at most, and what is added to the entries for it.
#define INBOX_CODEC_MAX ((size_t)1 << 20)

// Appends to an empty buffer.
bool inbox_encode(const struct inbox *inbox, struct nx_buf *out);

// Fills an empty inbox.
bool inbox_decode(struct inbox *inbox, struct nx_bytes from);

#endif
