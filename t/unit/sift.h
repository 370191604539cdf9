/*
 * What the tests of sifting share: a body in pieces, files in memory, and what
 * is read of the rest.
 */

#ifndef SIFT_H_INCLUDED
#define SIFT_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/sift_impl.h"
#include "../../src/channel/smtp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define PM_HEAD                                                               \
    "{\"From\":\"ana@example.com\",\"To\":\"support@acme.example\","          \
    "\"MessageID\":\"22c74902\",\"Headers\":[{\"Name\":\"Message-ID\","       \
    "\"Value\":\"<a1@mail.example.com>\"}],"

#define PART(name) "\r\n--xyz\r\nContent-Disposition: form-data; name=\""     \
    name "\"\r\n\r\n"
#define FIRST(name) "--xyz\r\nContent-Disposition: form-data; name=\""        \
    name "\"\r\n\r\n"
#define FILED(name, file) "\r\n--xyz\r\nContent-Disposition: form-data; "     \
    "name=\"" name "\"; filename=\"" file "\"\r\n"                            \
    "Content-Type: application/pdf\r\n\r\n"

#define FILES_MAX  70
#define SHORT      (256 * 1024)         /* of a file that is looked at */

typedef struct {
    size_t      n;
    bool        open;
    bool        fails;
    size_t      len[FILES_MAX];
    uint8_t    *bytes[FILES_MAX];
} files_t;

typedef struct {
    pl_codec_t     *codec;
    pl_arena_t     *ar;
    pl_arena_t     *again;
    pl_err_t        err;
    files_t         files;
    pl_sift_sink_t  sink;
} test_t;


static pl_status_t
file_begin(void *data, pl_err_t *err)
{
    files_t  *f = data;

    assert_false(f->open);
    assert_true(f->n < FILES_MAX);
    f->open = true;
    f->len[f->n] = 0;

    return f->fails ? pl_err_set(err, PL_FULL, "file", 0, "full") : PL_OK;
}


static pl_status_t
file_write(void *data, const uint8_t *bytes, size_t n, pl_err_t *err)
{
    size_t    had;
    files_t  *f = data;

    (void) err;
    assert_true(f->open);
    had = f->len[f->n];

    if (had + n <= SHORT) {
        f->bytes[f->n] = realloc(f->bytes[f->n], had + n);
        assert_non_null(f->bytes[f->n]);
        memcpy(f->bytes[f->n] + had, bytes, n);
    }

    f->len[f->n] += n;

    return PL_OK;
}


static pl_status_t
file_end(void *data, char name[PL_SIFT_HASH], pl_err_t *err)
{
    files_t  *f = data;

    (void) err;
    assert_true(f->open);
    f->open = false;
    (void) snprintf(name, PL_SIFT_HASH, "%064zu", f->n++);

    return PL_OK;
}


static void
files_clear(files_t *f)
{
    size_t  i;

    for (i = 0; i < FILES_MAX; i++) {
        free(f->bytes[i]);
    }

    memset(f, 0, sizeof(*f));
}


static int
setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    assert_int_equal(pl_shapes_codec(&t->codec, &t->err), PL_OK);
    t->ar = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
    t->again = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
    t->sink = (pl_sift_sink_t) { &t->files, file_begin, file_write,
                                 file_end };
    *state = t;

    return t->ar != NULL && t->again != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    files_clear(&t->files);
    pl_arena_destroy(t->ar);
    pl_arena_destroy(t->again);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


/* In pieces of so many bytes, after a first one. */

static inline pl_status_t
sift(test_t *t, const pl_channel_t *provider, pl_str_t body, size_t first,
    size_t step, const pl_sifted_t **out)
{
    size_t        at, n;
    pl_sift_t    *s;
    pl_status_t   rc = PL_OK;

    files_clear(&t->files);
    s = pl_sift_create(provider->sift, &t->sink, t->ar);
    assert_non_null(s);

    for (at = 0; rc == PL_OK && at < body.len; at += n) {
        n = at == 0 && first > 0 ? first : step;
        n = n < body.len - at ? n : body.len - at;
        rc = pl_sift_feed(s, body.data + at, n, &t->err);
    }

    return rc == PL_OK ? pl_sift_end(s, out, &t->err) : rc;
}


static inline Pl__Entry *
entry(test_t *t, const pl_sifted_t *s)
{
    size_t       i;
    Pl__Entry   *e = pl_arena_alloc(t->ar, sizeof(*e));
    Pl__Taken   *rows;

    assert_non_null(e);
    pl__entry__init(e);
    e->kind = PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK;
    e->time_ms = 1700000000000;
    e->has_body = 1;
    e->body = (ProtobufCBinaryData) { s->body.len, (uint8_t *) s->body.data };
    e->has_sifted = e->sifted = 1;
    e->has_mail = s->has_mail;
    e->mail = (ProtobufCBinaryData) { s->mail.len, (uint8_t *) s->mail.data };
    e->n_taken = s->n_taken;
    e->taken = pl_arena_alloc(t->ar, (s->n_taken + 1) * sizeof(*e->taken));
    rows = pl_arena_alloc(t->ar, (s->n_taken + 1) * sizeof(*rows));

    for (i = 0; i < s->n_taken; i++) {
        pl__taken__init(&rows[i]);
        rows[i].file = (char *) s->taken[i].name;
        rows[i].bytes = s->taken[i].bytes;
        rows[i].has_at = s->taken[i].type == NULL;
        rows[i].at = s->taken[i].at;
        rows[i].has_in_mail = rows[i].in_mail = s->taken[i].in_mail;
        rows[i].type = (char *) s->taken[i].type;
        e->taken[i] = &rows[i];
    }

    return e;
}


static inline const Pl__Email *
decoded(test_t *t, const pl_channel_t *provider, const pl_sifted_t *s)
{
    pl_decoded_t  out;

    assert_int_equal(pl_channel_decode(provider, t->codec, entry(t, s), t->ar,
                                       &out, &t->err), PL_OK);
    assert_int_equal(out.n_commands, 1);
    assert_int_equal(out.commands[0]->of_case,
                     PL__COMMAND__OF_INBOUND_MESSAGE);

    return out.commands[0]->inbound_message->content->email;
}


static inline void
is_file(test_t *t, const Pl__Media *media, const char *name,
    const char *type, const char *bytes)
{
    size_t  i = strtoul(media->file, NULL, 10), n = strlen(bytes);

    assert_string_equal(media->filename, name);
    assert_string_equal(media->mime_type, type);
    assert_int_equal(media->state, PL__MEDIA_STATE__MEDIA_STATE_STORED);
    assert_int_equal(media->bytes, n);
    assert_int_equal(t->files.len[i], n);
    assert_memory_equal(t->files.bytes[i], bytes, n);
}


static inline void
same(const pl_sifted_t *a, const pl_sifted_t *b)
{
    size_t  i;

    assert_int_equal(a->body.len, b->body.len);
    assert_memory_equal(a->body.data, b->body.data, a->body.len);
    assert_int_equal(a->mail.len, b->mail.len);

    if (a->mail.len != 0) {
        assert_memory_equal(a->mail.data, b->mail.data, a->mail.len);
    }

    assert_int_equal(a->n_taken, b->n_taken);

    for (i = 0; i < a->n_taken; i++) {
        assert_int_equal(a->taken[i].at, b->taken[i].at);
        assert_int_equal(a->taken[i].bytes, b->taken[i].bytes);
        assert_int_equal(a->taken[i].in_mail, b->taken[i].in_mail);
    }
}

#endif /* SIFT_H_INCLUDED */
