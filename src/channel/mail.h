/*
 * Mail as such (RFC 5322, 2045 to 2047, 2231): written, read, and judged.
 * Nothing here knows a provider. Pure; everything that is handed out lives in
 * the arena, or points into what was read.
 *
 * What is written has CRLF at its lines' ends, which are 76 characters at
 * most where that can be chosen, and never past 998. A value with a line's
 * end or another control character in it is refused, with the field's path:
 * a header that somebody else begins is the oldest trick there is.
 *
 * A mail of ours is known again by its Message-ID and by the address that
 * answers go to:
 *
 *     <p.ID.MARK.PROOF@domain>      local+ID.PROOF@domain
 *
 * ID is the message's number, MARK the installation's, and PROOF an HMAC over
 * tenant, channel and number under the store's key, cut to 80 bits: who was
 * written to knows it, and nobody can make one up for another message.
 *
 * Why mail is read by code of our own: gmime allocates through glib, which
 * ends the process where there is no memory, and would do so inside the fold;
 * libetpan brings SASL, TLS and a database along. What is wanted of a mail is
 * little, and every provider that parses them hands over less work still.
 */

#ifndef PL_MAIL_H_INCLUDED
#define PL_MAIL_H_INCLUDED

#include "../core/arena.h"
#include "../core/crypto.h"
#include "journal.pb-c.h"

#define PL_MAIL_ADDRESS_MAX     254     /* RFC 5321, with what SMTP adds */
#define PL_MAIL_SUBJECT_MAX     1000    /* bytes of UTF-8 */
#define PL_MAIL_NAME_MAX        256     /* of a person, of a file */
#define PL_MAIL_ID_MAX          PL_PROVIDER_ID_MAX  /* of a Message-ID */
#define PL_MAIL_REFERENCES_MAX  11      /* the first, and the last ten */
#define PL_MAIL_FILES_MAX       20
#define PL_MAIL_TEXT_MAX        (1024 * 1024)   /* of each form */
#define PL_MAIL_HEADERS_MAX     512     /* of one part; more are not read */
#define PL_MAIL_DEPTH_MAX       8       /* parts in parts */
#define PL_MAIL_PARTS_MAX       64
#define PL_MAIL_PROOF_LEN       16      /* base32 of 80 bits */
#define PL_MAIL_PROOF_SIZE      (PL_MAIL_PROOF_LEN + 1)
#define PL_MAIL_MARK_MAX        32

/* ---- addresses ------------------------------------------------------ */

/*
 * local@domain, as it goes to SMTP: ASCII, no quotes, no comments, no
 * address literal; dots neither first, last nor doubled.
 */
bool pl_mail_address_valid(pl_str_t s);

/*
 * The first address of a header's value (a list, groups and comments
 * allowed), in lower case, and the name beside it, decoded, or NULL.
 * PL_NOTFOUND: there is none that is valid. PL_NOMEM.
 */
pl_status_t pl_mail_mailbox(pl_arena_t *ar, pl_str_t value, char **address,
    char **name);

/* Without the tag: a+b@c is a@c. NULL: no memory. */
char *pl_mail_untagged(pl_arena_t *ar, const char *address);

/* ---- known again ---------------------------------------------------- */

/* What a Message-ID, or the address of an answer, says of ours. */
typedef struct {
    uint64_t    message;
    char        mark[PL_MAIL_MARK_MAX + 1];     /* empty in an address */
    char        proof[PL_MAIL_PROOF_SIZE];
} pl_mail_ours_t;

pl_status_t pl_mail_proof(pl_mac_t *mac, pl_str_t tenant, pl_str_t channel,
    uint64_t message, char out[PL_MAIL_PROOF_SIZE]);

/* Any proof of that form; the first piece says what it proves. */
pl_status_t pl_mail_sign(pl_mac_t *mac, const pl_str_t *pieces, size_t n,
    char out[PL_MAIL_PROOF_SIZE]);

/* id without its angle brackets, or with them. */
bool pl_mail_ours(pl_str_t id, pl_mail_ours_t *out);
bool pl_mail_tagged(pl_str_t address, pl_mail_ours_t *out);

/* ---- written -------------------------------------------------------- */

/* A file beside the text: its bytes, or where they are. */
typedef struct {
    const char  *name;
    const char  *type;          /* NULL: application/octet-stream */
    const char  *file;          /* hex SHA-256, in the folder of files */
    uint64_t     bytes;
} pl_mail_file_t;

typedef struct {
    const char              *from;
    const char              *from_name;     /* or NULL, as all below */
    const char              *to;
    const char              *to_name;
    const char              *reply_to;
    const char              *subject;
    const char              *message_id;    /* without brackets; required */
    const char              *in_reply_to;
    char *const             *references;
    size_t                   n_references;
    int64_t                  date_s;
    const char              *text;          /* one of both at least */
    const char              *html;
    bool                     automatic;     /* nobody wrote it by hand */
    const char              *unsubscribe_mail;
    const char              *unsubscribe_url;   /* takes a POST (RFC 8058) */
    const char *const       *extra;         /* more header lines, ready */
    size_t                   n_extra;
    const pl_mail_file_t    *files;
    size_t                   n_files;
} pl_mail_t;

/* Bytes as they are, or (file not NULL) a file's, to be written in base64. */
typedef struct {
    pl_str_t                 bytes;
    const pl_mail_file_t    *file;
} pl_mail_piece_t;

typedef struct pl_mail_written_s {
    pl_mail_piece_t         *pieces;
    size_t                   n;
    uint64_t                 bytes;         /* of all, as written */
} pl_mail_written_t;

/* PL_INVALID with the field's path; PL_TOOBIG likewise; PL_NOMEM. */
pl_status_t pl_mail_write(const pl_mail_t *mail, pl_arena_t *ar,
    pl_mail_written_t *out, pl_err_t *err);

/* Bytes that a file of this size takes in base64, with its lines' ends. */
uint64_t pl_mail_base64_size(uint64_t bytes);

/* ---- read ----------------------------------------------------------- */

typedef enum {
    PL_MAIL_PERSON = 0,
    PL_MAIL_AUTOMATIC,          /* out of office and its like */
    PL_MAIL_BULK,               /* a list's, a newsletter */
    PL_MAIL_REPORT              /* what became of a mail (RFC 3464) */
} pl_mail_kind_e;

/* Of a report: the first recipient. */
typedef struct {
    char        *recipient;
    char        *action;        /* failed, delayed, delivered, … */
    int          class;         /* RFC 3463: 5.1.1; 0: it does not say */
    int          subject;
    int          detail;
    char        *diagnostic;    /* the other server's words */
    char        *original;      /* Message-ID of the mail that it is about */
} pl_mail_report_t;

typedef struct {
    char        *name;          /* decoded; NULL: none */
    char        *type;          /* lower case: application/pdf */
    pl_str_t     data;          /* decoded; of a taken one its length alone */
    const char  *file;          /* in the folder of files; NULL: not there */
} pl_mail_part_t;

/* What was taken out of a webhook (sift.h), for who reads what is left. */
typedef struct {
    Pl__Taken  *const  *rows;
    size_t              n;
    const uint8_t      *from;       /* what is left begins here */
    bool                in_mail;    /* and is the mail within */
} pl_mail_taken_t;

/* What stood at this place of what is left. NULL: no file; taken may be. */
const Pl__Taken *pl_mail_taken_at(const pl_mail_taken_t *taken,
    const uint8_t *at);

typedef struct {
    pl_mail_kind_e      kind;
    char               *from;
    char               *from_name;
    char               *reply_to;
    char               *to;             /* the first one */
    char               *return_path;    /* NULL: not said; "": "<>" */
    char               *subject;
    char               *message_id;     /* all ids without brackets */
    char               *in_reply_to;
    char               *references[PL_MAIL_REFERENCES_MAX];
    size_t              n_references;
    char               *text;           /* UTF-8 */
    char               *html;
    int64_t             date_s;         /* 0: not said, or not readable */
    pl_mail_part_t      parts[PL_MAIL_PARTS_MAX];
    size_t              n_parts;        /* files, in their order */
    pl_mail_report_t    report;
    bool                cut;            /* more was there than is read */
} pl_mail_read_t;

/*
 * A whole mail. What is malformed is read as far as it goes; PL_INVALID only
 * where no header at all can be found, or no sender. PL_NOMEM.
 */
pl_status_t pl_mail_read(pl_str_t raw, pl_arena_t *ar, pl_mail_read_t *out,
    pl_err_t *err);

/* The same of one that was sifted. */
pl_status_t pl_mail_read_sifted(pl_str_t raw, const pl_mail_taken_t *taken,
    pl_arena_t *ar, pl_mail_read_t *out, pl_err_t *err);

/* The headers alone, as a provider hands them over beside its own fields;
   called for each, in their order. PL_NOMEM. */
pl_status_t pl_mail_header(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t name, pl_str_t value);

/* A form that a provider posts; values point into the body where they can. */
#define PL_MAIL_FIELDS_MAX  512

typedef struct {
    pl_str_t     name;
    pl_str_t     value;
    char        *filename;      /* of a file; else NULL */
    char        *type;          /* likewise, as it is said */
} pl_mail_field_t;

typedef struct {
    pl_mail_field_t  *fields;
    size_t            n;
    bool              cut;      /* there were more */
} pl_mail_form_t;

/* urlencoded or multipart/form-data, by how it begins. PL_NOMEM. */
pl_status_t pl_mail_form(pl_str_t body, pl_arena_t *ar,
    pl_mail_form_t *form);
const pl_mail_field_t *pl_mail_form_find(const pl_mail_form_t *form,
    const char *name);
pl_str_t pl_mail_form_value(const pl_mail_form_t *form, const char *name);

/*
 * What a person wrote above the mail that they answer: up to the first line
 * that quotes, or that says who wrote what follows.
 */
pl_str_t pl_mail_fresh(pl_str_t text);

/*
 * What HTML says, as text: for who listens and who searches, never to be shown
 * in its place. What is quoted stands behind "> ". NULL: no memory.
 */
char *pl_mail_plain(pl_arena_t *ar, pl_str_t html);

/* Is it one that can be written behind Message-ID and its like: printable
   ASCII, no brackets, of PL_MAIL_ID_MAX at most? NULL is none. */
bool pl_mail_id_valid(const char *id);

/* Of a header's value: encoded words decoded, folds undone. NULL: no
   memory. */
char *pl_mail_decode_words(pl_arena_t *ar, pl_str_t value);

/*
 * Ids of a header's value, without their brackets: the first and the last
 * ones, where there are too many. PL_NOMEM.
 */
pl_status_t pl_mail_ids(pl_arena_t *ar, pl_str_t value, char **ids,
    size_t max, size_t *n);

#endif /* PL_MAIL_H_INCLUDED */
