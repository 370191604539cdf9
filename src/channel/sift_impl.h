/*
 * What the files of sift*.c share:
 *
 *     sift.c        what a value becomes: a file, a text, a field
 *     sift_code.c   base64 and its like, as bytes come in
 *     sift_json.c   JSON, up to the values that are looked for
 *     sift_form.c   urlencoded forms
 *     sift_mime.c   what has boundaries: forms with files, and mails
 */

#ifndef PL_SIFT_IMPL_H_INCLUDED
#define PL_SIFT_IMPL_H_INCLUDED

#include "mail_impl.h"
#include "sift.h"

#define PL_SIFT_STAGE     32768         /* bytes of a file, gathered */
#define PL_SIFT_NEST      64            /* levels of JSON */
#define PL_SIFT_KEY       64            /* bytes of a name */
#define PL_SIFT_BOUNDARY  200
#define PL_SIFT_LINE      (PL_SIFT_BOUNDARY + 64)   /* that may be one */
#define PL_SIFT_HEAD      (64 * 1024)   /* headers of a part that are read */

/* ---- codes ---------------------------------------------------------- */

typedef enum {
    PL_SIFT_PLAIN = 0,
    PL_SIFT_BASE64,
    PL_SIFT_QUOTED,
    PL_SIFT_PERCENT,
    PL_SIFT_JSON                        /* the inside of a string */
} pl_sift_code_e;

typedef struct {
    pl_sift_code_e   code;
    uint32_t         bits;              /* base64: so far; JSON: a surrogate */
    uint32_t         n_bits;
    uint32_t         n_held;
    uint8_t          held[8];           /* of an escape that is not whole */
} pl_sift_code_t;

/* More than n bytes never come of n, and of what was held before them. */
#define PL_SIFT_MORE  16

/* Decodes n bytes to out, of n + PL_SIFT_MORE; how many came of them. */
size_t pl_sift_decode(pl_sift_code_t *c, const uint8_t *in, size_t n,
    uint8_t *out);

/* What was held, at the end: up to PL_SIFT_MORE bytes. */
size_t pl_sift_decode_end(pl_sift_code_t *c, uint8_t *out);

/* ---- values --------------------------------------------------------- */

typedef enum {
    PL_SIFT_DROP = 0,
    PL_SIFT_FILE,
    PL_SIFT_TEXT,
    PL_SIFT_FIELD
} pl_sift_role_e;

/* What is left of a body, or of a mail. */
typedef struct {
    pl_mail_buf_t    buf;
    bool             mail;
} pl_sift_left_t;

typedef struct {
    pl_sift_role_e   role;
    pl_sift_left_t  *left;
    size_t           at;                /* in it */
    bool             cut;
    bool             taken;             /* it is a file, or became one */
    const char      *type;              /* of a text */
    pl_sift_code_t   outer;             /* how it is carried, */
    pl_sift_code_t   code;              /* and written, within that */
} pl_sift_value_t;

/* ---- what has boundaries -------------------------------------------- */

typedef enum {
    PL_SIFT_FIRST = 0,                  /* a form's first line */
    PL_SIFT_HEADERS,
    PL_SIFT_BODY,
    PL_SIFT_BETWEEN                     /* before the first part, or behind
                                           the last: left out */
} pl_sift_state_e;

typedef struct {
    pl_sift_t               *sift;
    pl_sift_left_t          *left;
    bool                     form;
    pl_sift_state_e          state;
    bool                     bol;       /* at a line's beginning */
    bool                     blank;     /* a line of headers, so far */
    uint8_t                  eol[2];    /* that may be a boundary's */
    size_t                   n_eol;
    uint8_t                  line[PL_SIFT_LINE];    /* that may be one */
    size_t                   n_line;
    struct {
        char                 text[PL_SIFT_BOUNDARY + 1];
        size_t               len;
    } stack[PL_MAIL_DEPTH_MAX + 1];
    size_t                   depth;
    uint8_t                 *head;      /* of PL_SIFT_HEAD */
    size_t                   n_head;
    bool                     entered;   /* the first headers are read */
    bool                     report;
    bool                     has_text;
    bool                     has_html;
    bool                     in_value;
    bool                     in_whole;  /* a form's value is a mail */
    unsigned                 seen;      /* parts, of any kind */
    pl_sift_value_t          value;
} pl_sift_mime_t;

pl_sift_mime_t *pl_sift_mime_create(pl_sift_t *sift, pl_sift_left_t *left,
    bool form);
pl_status_t pl_sift_mime_feed(pl_sift_mime_t *m, const uint8_t *bytes,
    size_t n, pl_err_t *err);
pl_status_t pl_sift_mime_end(pl_sift_mime_t *m, pl_err_t *err);

/* What the headers of a part say of it (sift_part.c). */
typedef struct {
    pl_sift_role_e   role;
    const char      *type;              /* of a text */
    pl_sift_code_e   code;
    char            *boundary;          /* it has parts of its own */
    bool             mail;              /* a form's: it is a whole mail */
} pl_sift_part_t;

pl_status_t pl_sift_part_read(pl_sift_mime_t *m, pl_sift_part_t *part,
    pl_err_t *err);

/* ---- forms and JSON ------------------------------------------------- */

typedef struct {
    char             name[PL_SIFT_KEY + 1];
    size_t           n_name;
    bool             in_value;
    unsigned         escape;            /* digits that are still to come */
    bool             is_mail;
    pl_sift_value_t  value;
} pl_sift_form_t;

typedef struct {
    uint8_t          kinds[PL_SIFT_NEST + 1];   /* '{' or '[' of a level */
    size_t           depth;
    bool             is_key;            /* a string would be a key */
    bool             in_key;
    bool             in_value;
    unsigned         escape;
    char             key[PL_SIFT_KEY + 1];
    size_t           n_key;
    bool             in_list;
    bool             is_mail;
    bool             begun;
    pl_sift_value_t  value;
} pl_sift_json_t;

typedef enum {
    PL_SIFT_AS_UNKNOWN = 0,
    PL_SIFT_AS_IS,                      /* events: nothing is taken out */
    PL_SIFT_AS_JSON,
    PL_SIFT_AS_FORM,
    PL_SIFT_AS_PARTS
} pl_sift_as_e;

struct pl_sift_s {
    const pl_sift_rules_t   *rules;
    const pl_sift_sink_t    *sink;
    pl_arena_t              *ar;
    pl_sift_as_e             as;
    pl_sift_left_t           body;
    pl_sift_left_t           mail;
    pl_sift_mime_t          *parts;
    pl_sift_mime_t          *whole;     /* the mail within */
    pl_sift_code_t           carried;   /* how that one is */
    bool                     had_mail;
    pl_sift_form_t           form;
    pl_sift_json_t           json;
    size_t                   n_stage;
    uint64_t                 staged;    /* bytes of the file at hand */
    uint8_t                  stage[PL_SIFT_STAGE];
    uint8_t                  bytes[4096 + PL_SIFT_MORE];
    uint8_t                  twice[4096 + 2 * PL_SIFT_MORE];
    pl_sifted_t              out;
};

/* Bytes that stay. PL_TOOBIG past PL_SIFT_LEFT_MAX. */
pl_status_t pl_sift_keep(pl_sift_t *s, pl_sift_left_t *left,
    const void *bytes, size_t n, pl_err_t *err);

/* role, left, outer.code, code.code and type are the caller's. */
pl_status_t pl_sift_value_begin(pl_sift_t *s, pl_sift_value_t *v,
    pl_err_t *err);

/* whole: it may be cut before any of these bytes, being no part of an escape
   (within UTF-8 it sees for itself). */
pl_status_t pl_sift_value_bytes(pl_sift_t *s, pl_sift_value_t *v,
    const uint8_t *bytes, size_t n, bool whole, pl_err_t *err);
pl_status_t pl_sift_value_end(pl_sift_t *s, pl_sift_value_t *v,
    pl_err_t *err);

/* The whole mail within a body, carried in that code. PL_INVALID: there was
   one before. */
pl_status_t pl_sift_mail_begin(pl_sift_t *s, pl_sift_code_e code,
    pl_err_t *err);
pl_status_t pl_sift_mail_bytes(pl_sift_t *s, const uint8_t *bytes, size_t n,
    pl_err_t *err);
pl_status_t pl_sift_mail_end(pl_sift_t *s, pl_err_t *err);

/* How a value of this name is to be taken; *mail: it is a whole mail. */
pl_sift_role_e pl_sift_named(const pl_sift_t *s, pl_str_t name, bool *mail,
    const char **type);

pl_status_t pl_sift_json_feed(pl_sift_t *s, const uint8_t *p, size_t n,
    pl_err_t *err);
pl_status_t pl_sift_json_end(pl_sift_t *s, pl_err_t *err);
pl_status_t pl_sift_form_feed(pl_sift_t *s, const uint8_t *p, size_t n,
    pl_err_t *err);
pl_status_t pl_sift_form_end(pl_sift_t *s, pl_err_t *err);

#endif /* PL_SIFT_IMPL_H_INCLUDED */
