/*
 * What the files of mail_*.c share: a buffer that grows in the arena, and the
 * reader's pieces.
 */

#ifndef PL_MAIL_IMPL_H_INCLUDED
#define PL_MAIL_IMPL_H_INCLUDED

#include "mail.h"

#define PL_MAIL_LINE  76u               /* characters, its end not counted */

/* Full of memory is remembered, so that only the end asks. */
typedef struct {
    pl_arena_t  *ar;
    uint8_t     *data;
    size_t       len;
    size_t       size;
    bool         full;
} pl_mail_buf_t;

void pl_mail_buf_add(pl_mail_buf_t *buf, const void *data, size_t len);
void pl_mail_buf_text(pl_mail_buf_t *buf, const char *text);

/* A header's line, folded; text is UTF-8 that may need encoded words. */
void pl_mail_buf_unstructured(pl_mail_buf_t *buf, const char *name,
    const char *text);

/* "Name <address>" behind what stands on the line already. */
void pl_mail_buf_mailbox(pl_mail_buf_t *buf, const char *header,
    const char *name, const char *address);

/* Bodies: what was said, with its lines' ends made CRLF. */
void pl_mail_buf_quoted(pl_mail_buf_t *buf, pl_str_t text);
void pl_mail_buf_base64(pl_mail_buf_t *buf, pl_str_t data);

/* ; name="value", or in the form of RFC 2231. */
void pl_mail_buf_parameter(pl_mail_buf_t *buf, const char *name,
    const char *value);

/* Decoding of a part's body. NULL data: no memory. */
pl_str_t pl_mail_unquote(pl_arena_t *ar, pl_str_t body);
pl_str_t pl_mail_unbase64(pl_arena_t *ar, pl_str_t body);

/* As valid UTF-8, NUL behind it; charsets that are not known are read as
   Latin 1 is. NULL: no memory. */
char *pl_mail_utf8(pl_arena_t *ar, pl_str_t text, pl_str_t charset);

/* One character as UTF-8: up to four bytes, how many. */
size_t pl_mail_utf8_put(uint32_t u, uint8_t out[4]);

/* Behind its last byte; NULL has none, and C adds nothing to it. */
const uint8_t *pl_mail_end(pl_str_t s);

/* ASCII alone, case ignored. */
bool pl_mail_same(pl_str_t a, const char *b);
bool pl_mail_starts(pl_str_t a, const char *b);
pl_str_t pl_mail_trim(pl_str_t s);

/* A parameter of a structured value (charset, boundary, filename), decoded
   and unquoted, RFC 2231 joined. NULL: there is none, or no memory. */
char *pl_mail_parameter(pl_arena_t *ar, pl_str_t value, const char *name);

/* The parts of message/delivery-status, and of what it returns. */
pl_status_t pl_mail_report_status(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t body);
pl_status_t pl_mail_report_original(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t body);

/* A file of a form: its name, type and bytes; what is too many is left out. */
pl_status_t pl_mail_file(pl_mail_read_t *mail, pl_arena_t *ar,
    const pl_mail_field_t *field, const pl_mail_taken_t *taken);

/* What stands before the next line of a boundary: all that is
   left where there is none, as the last. False: nothing is left. */
bool pl_mail_cut(pl_str_t *body, pl_str_t boundary, pl_str_t *part,
    bool *last);

/* The boundary of a form that begins with it; *body moves behind that line.
   False: it begins with none. */
bool pl_mail_boundary(pl_str_t *body, pl_str_t *boundary);

/* The next pair of an urlencoded form, as it stands, of *rest, which moves
   behind it; false at their end. And its text: `to` has room for all of s, or
   is where s is. How many bytes. */
bool pl_mail_pair(pl_str_t *rest, pl_str_t *name, pl_str_t *value);
size_t pl_mail_pair_text(pl_str_t s, uint8_t *to);

/* The next header of *rest, which moves behind it; false at their end, with
   *rest at the body. */
bool pl_mail_next(pl_str_t *rest, pl_str_t *name, pl_str_t *value);

#endif /* PL_MAIL_IMPL_H_INCLUDED */
