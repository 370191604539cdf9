/*
 * Webhooks that bring mail, of up to PL_SIFT_MAX bytes: what is large is
 * taken out of the body as it streams by, so that what is left can be an
 * entry of the journal.
 *
 *     Postmark   JSON: each Attachments[].Content, and RawEmail
 *     Mailgun    a form: each file, and body-mime
 *     SendGrid   a form: each file, and email
 *
 * Each file, of whatever size, goes to the sink, decoded. A whole mail within
 * the body is read in its turn, and what is left of it stands beside the body:
 * its headers, its text, and its files' headers, with nothing behind them.
 * Texts (both forms) stay where they are up to PL_SIFT_TEXT_MAX; one that is
 * longer is cut there, and is a file as well, whole. Any other value is cut at
 * PL_SIFT_FIELD_MAX: nobody reads those.
 *
 * Where a file stood is told by the place in what is left (`at`), or, in
 * JSON, by its number in `taken`, which stands as the value's text; each such
 * value is replaced, so that nobody else can name one.
 *
 * The rules by which a mail is taken apart here are those by which it is read
 * afterwards (mail_read.c); where both see it differently a file is found at
 * no place, and its bytes are on the disk with nobody to name them: the mail
 * is read with a file that has no bytes, and nothing else.
 *
 * A body that cannot be sifted (cut JSON, too much of too small things) is
 * the caller's to keep whole. Pure: bytes in, bytes out; memory is bounded by
 * PL_SIFT_LEFT_MAX whatever comes. One thread.
 */

#ifndef PL_SIFT_H_INCLUDED
#define PL_SIFT_H_INCLUDED

#include "../core/arena.h"
#include "../core/crypto.h"

#define PL_SIFT_MAX        (36u * 1024 * 1024)  /* a body; Postmark sends 35
                                       MB, SendGrid 30 (provider-facts 8) */
#define PL_SIFT_LEFT_MAX   PL_BODY_MAX          /* what is left, with the
                                                   mail in it */
#define PL_SIFT_TEXT_MAX   (1024u * 1024)       /* of a text, as it came */
#define PL_SIFT_FIELD_MAX  (256u * 1024)        /* of any other value */
#define PL_SIFT_FILES_MAX  64                   /* PL_MAIL_PARTS_MAX */
#define PL_SIFT_HASH       (2 * PL_SHA256_LEN + 1)  /* hex, with its NUL */

/* What one provider's bodies have. All names are bytes as they stand there. */
typedef struct {
    bool         json;          /* else a form, or an array of events */
    const char  *list;          /* JSON: of objects, each of which has */
    const char  *content;       /* its bytes in base64 */
    const char  *mail;          /* a value that is a whole mail */
    const char  *text;          /* and the two forms of its text */
    const char  *html;
} pl_sift_rules_t;

/*
 * Where files go. begin, write (as often as needed) and end are called in
 * this order, for one file at a time; end says what it is called. All return
 * PL_OK, or what ends the sifting.
 */
typedef struct {
    void          *data;
    pl_status_t  (*begin)(void *data, pl_err_t *err);
    pl_status_t  (*write)(void *data, const uint8_t *bytes, size_t n,
                          pl_err_t *err);
    pl_status_t  (*end)(void *data, char name[PL_SIFT_HASH], pl_err_t *err);
} pl_sift_sink_t;

/* One file. A text that was cut has a type, and stands nowhere. */
typedef struct {
    uint64_t     at;            /* bytes of what is left before it */
    bool         in_mail;       /* of the mail that is left */
    uint64_t     bytes;
    const char  *type;          /* NULL, or of a text: text/html */
    char         name[PL_SIFT_HASH];    /* empty without a sink */
} pl_taken_t;

typedef struct {
    bool         whole;         /* it could not be sifted, and its one file is
                                   all of it: the caller's doing */
    pl_str_t     body;
    bool         has_mail;
    pl_str_t     mail;
    pl_taken_t   taken[PL_SIFT_FILES_MAX];
    size_t       n_taken;
} pl_sifted_t;

typedef struct pl_sift_s  pl_sift_t;

/*
 * sink NULL: files are counted, and go nowhere. What it hands out lives in
 * the arena, which should be able to hold four times PL_SIFT_LEFT_MAX. NULL:
 * no memory.
 */
pl_sift_t *pl_sift_create(const pl_sift_rules_t *rules,
    const pl_sift_sink_t *sink, pl_arena_t *ar);

/*
 * PL_INVALID, PL_TOOBIG: it cannot be sifted; PL_NOMEM; or the sink's status.
 * After anything but PL_OK it is to be left alone.
 */
pl_status_t pl_sift_feed(pl_sift_t *sift, const uint8_t *bytes, size_t n,
    pl_err_t *err);

/* The body is there whole. *out lives as long as the arena. As feed. */
pl_status_t pl_sift_end(pl_sift_t *sift, const pl_sifted_t **out,
    pl_err_t *err);

#endif /* PL_SIFT_H_INCLUDED */
