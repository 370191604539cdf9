/*
 * Fuzz target: webhooks that bring mail, with their files, of all three
 * providers. Seeds are bodies behind a letter that says whose: P, M or S. What
 * must hold for any input: no crash; what is left does not depend on where the
 * body was cut; it is no larger than it may be, and places lie in it; what is
 * read of it can be stored; bodies that were not sifted are read as well; and a
 * mail is the same mail, whether its body was sifted or not.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/channel/smtp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define FUZZ_ARENA_MAX  (128u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_must(bool holds, const char *promise)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}


static pl_status_t
fuzz_sift(const pl_channel_t *provider, pl_str_t body, size_t step,
    pl_arena_t *ar, const pl_sifted_t **out)
{
    size_t        at, n;
    pl_sift_t    *sift = pl_sift_create(provider->sift, NULL, ar);
    pl_status_t   rc = PL_OK;

    fuzz_must(sift != NULL, "memory");

    for (at = 0; rc == PL_OK && at < body.len; at += n) {
        n = step < body.len - at ? step : body.len - at;
        rc = pl_sift_feed(sift, body.data + at, n, NULL);
    }

    return rc == PL_OK ? pl_sift_end(sift, out, NULL) : rc;
}


static void
fuzz_same(const pl_sifted_t *a, const pl_sifted_t *b)
{
    size_t  i;

    fuzz_must(pl_str_eq(a->body, b->body) && pl_str_eq(a->mail, b->mail)
              && a->n_taken == b->n_taken, "the same, wherever it is cut");
    fuzz_must(a->body.len + a->mail.len <= PL_SIFT_LEFT_MAX, "a limit");

    for (i = 0; i < a->n_taken; i++) {
        fuzz_must(a->taken[i].at == b->taken[i].at
                  && a->taken[i].bytes == b->taken[i].bytes, "the same files");
        fuzz_must(a->taken[i].at <= (a->taken[i].in_mail ? a->mail.len
                                                         : a->body.len),
                  "a place in what is left");
    }
}


static void
fuzz_stored(const pl_decoded_t *out)
{
    size_t    i, len;
    uint8_t  *packed;

    for (i = 0; i < out->n_commands; i++) {
        len = protobuf_c_message_get_packed_size(&out->commands[i]->base);
        packed = malloc(len + 1);
        fuzz_must(packed != NULL, "memory");
        fuzz_must(protobuf_c_message_pack(&out->commands[i]->base, packed)
                  == len, "it can be stored");
        free(packed);
    }
}


static void
fuzz_text(const char *a, const char *b)
{
    fuzz_must((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0),
              "the same text");
}


/* Sizes are those of files, and Postmark says them itself. */

static void
fuzz_alike(const pl_decoded_t *one, const pl_decoded_t *other, bool sizes)
{
    size_t                      i;
    const Pl__Email            *a, *b;
    const Pl__InboundMessage   *m, *n;

    if (one->n_commands != 1 || other->n_commands != 1
        || one->commands[0]->of_case != PL__COMMAND__OF_INBOUND_MESSAGE)
    {
        return;
    }

    fuzz_must(other->commands[0]->of_case == PL__COMMAND__OF_INBOUND_MESSAGE,
              "a message as well");
    m = one->commands[0]->inbound_message;
    n = other->commands[0]->inbound_message;
    a = m->content->email;
    b = n->content->email;
    fuzz_text(m->provider_id, n->provider_id);
    fuzz_text(m->from->email, n->from->email);
    fuzz_text(a->subject, b->subject);
    fuzz_text(a->text, b->text);
    fuzz_text(a->html, b->html);
    fuzz_must(a->n_attachments == b->n_attachments, "as many files");

    for (i = 0; i < a->n_attachments; i++) {
        fuzz_text(a->attachments[i]->filename, b->attachments[i]->filename);
        fuzz_must(!sizes || a->attachments[i]->bytes
                            == b->attachments[i]->bytes, "files as large");
    }
}


static bool
fuzz_read(const pl_channel_t *provider, const pl_codec_t *codec,
    const pl_sifted_t *s, pl_arena_t *ar, pl_decoded_t *out)
{
    size_t         i;
    Pl__Entry      entry = PL__ENTRY__INIT;
    Pl__Taken      rows[PL_SIFT_FILES_MAX], *list[PL_SIFT_FILES_MAX];

    entry.kind = PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK;
    entry.has_sifted = entry.sifted = true;
    entry.body = (ProtobufCBinaryData) { s->body.len,
                                         (uint8_t *) s->body.data };
    entry.has_mail = s->has_mail;
    entry.mail = (ProtobufCBinaryData) { s->mail.len,
                                         (uint8_t *) s->mail.data };
    entry.taken = list;
    entry.n_taken = s->n_taken;

    for (i = 0; i < s->n_taken; i++) {
        pl__taken__init(&rows[i]);
        rows[i].file = (char *) "00";
        rows[i].bytes = s->taken[i].bytes;
        rows[i].has_at = s->taken[i].type == NULL;
        rows[i].at = s->taken[i].at;
        rows[i].has_in_mail = rows[i].in_mail = s->taken[i].in_mail;
        rows[i].type = (char *) s->taken[i].type;
        list[i] = &rows[i];
    }

    if (pl_channel_decode(provider, codec, &entry, ar, out, NULL) != PL_OK) {
        return false;
    }

    fuzz_stored(out);

    return true;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_str_t             body = { data + 1, size - 1 };
    pl_status_t          rc;
    bool                 read = false;
    pl_decoded_t         out, raw;
    const pl_sifted_t   *one, *other;
    const pl_channel_t  *provider;
    static pl_arena_t   *ar;
    static pl_codec_t   *codec;

    if (size < 2) {
        return 0;
    }

    if (codec == NULL) {
        ar = pl_arena_create(64 * 1024, FUZZ_ARENA_MAX);
        fuzz_must(ar != NULL && pl_shapes_codec(&codec, NULL) == PL_OK,
                  "a codec");
    }

    pl_arena_reset(ar);
    provider = data[0] == 'P' ? &pl_postmark
               : data[0] == 'M' ? &pl_mailgun : &pl_sendgrid;

    rc = fuzz_sift(provider, body, body.len, ar, &one);
    fuzz_must(fuzz_sift(provider, body, 1, ar, &other) == rc,
              "the same verdict, wherever it is cut");

    if (rc == PL_OK) {
        fuzz_same(one, other);
        read = fuzz_read(provider, codec, one, ar, &out);
    }

    if (provider->decode(codec, body, ar, &raw, NULL) == PL_OK) {
        fuzz_stored(&raw);

        if (read) {
            fuzz_alike(&raw, &out, provider != &pl_postmark);
        }
    }

    return 0;
}
