/*
 * What the codec's own files share: the tables that are made of descriptors
 * and rows, values, text, and the reader over yajl. Nothing outside of
 * json*.c and form.c includes it.
 *
 *     json_shape.c    descriptors to tables
 *     json_rules.c    rows of rules, checked and put into the tables
 *     json_value.c    a scalar's text into a message's field
 *     json_text.c     escapes, both ways; appending to a growing buffer
 *     json_strict.c   what files that people write may not hold
 *     json.c          the reader: yajl, its memory, syntax errors
 *     json_decode.c   what is read into messages
 *     json_frame.c    objects and arrays that are open; where errors go
 *     json_map.c      objects that are maps
 *     json_pair.c     what stands under their keys and is no object
 *     json_compact.c  JSON to JSON on one line
 *     json_encode.c   messages to JSON
 *     form.c          forms to messages
 */

#ifndef PL_JSON_IMPL_H_INCLUDED
#define PL_JSON_IMPL_H_INCLUDED

#include <locale.h>

#include "json.h"
#include "str.h"

#define PL_JSON_FIELDS_MAX  128         /* of a shape: bits of a mask */
#define PL_JSON_SHAPES_MAX  512         /* of a codec */
#define PL_JSON_CODEC_MAX   (8u * 1024 * 1024)  /* bytes of its tables */

/* A bit for each field of a shape: Command has more than 64. */
__extension__ typedef unsigned __int128  pl_json_bits_t;

typedef struct pl_shape_s  pl_shape_t;
typedef struct pl_field_s  pl_field_t;

typedef enum {
    PL_KIND_INT32 = 0,
    PL_KIND_UINT32,
    PL_KIND_INT64,
    PL_KIND_UINT64,
    PL_KIND_FLOAT,
    PL_KIND_DOUBLE,
    PL_KIND_BOOL,
    PL_KIND_ENUM,
    PL_KIND_STRING,
    PL_KIND_BYTES,              /* base64 text */
    PL_KIND_JSON,               /* bytes under PL_RULE_JSON */
    PL_KIND_MESSAGE,
    PL_KIND_COUNT
} pl_kind_e;

/* An enum's values as JSON shows them. */
typedef struct {
    const ProtobufCEnumDescriptor  *type;
    size_t                          count;
    pl_str_t                       *names;      /* as type->values */
} pl_names_t;

struct pl_field_s {
    pl_str_t                        name;       /* in JSON */
    uint64_t                        head;       /* its first 8 bytes, */
    uint64_t                        tail;       /* and its last: json_shape.c */
    const ProtobufCFieldDescriptor *desc;
    const pl_shape_t               *shape;      /* of a message */
    const pl_names_t               *names;      /* of an enum */
    const pl_field_t               *key;        /* of a map's element */
    const pl_field_t               *value;      /* PL_RULE_PAIR: likewise */
    pl_str_t                        label;      /* "name": as encoded */
    pl_json_bits_t                  bit;        /* its own */
    pl_json_bits_t                  group;      /* of its oneof's others */
    size_t                          len_min;
    size_t                          len_max;
    int64_t                         min;
    int64_t                         max;
    unsigned                        offset;
    unsigned                        quantifier; /* n_, has_, or case */
    unsigned                        rules;      /* bits: which rows it has */
    uint8_t                         kind;       /* pl_kind_e */
    uint8_t                         size;       /* of one value */
    bool                            repeated;
    bool                            oneof;
    bool                            has;        /* quantifier is a has_ */
    bool                            required;
    bool                            hidden;     /* raw or bad: not a key */
};

/* PL_RULE_IF: `field` is required where `other` is there. */
typedef struct {
    const pl_field_t  *field;
    pl_json_bits_t     other;           /* bit */
} pl_needed_t;

struct pl_shape_s {
    const ProtobufCMessageDescriptor  *desc;
    pl_field_t                        *fields;  /* as desc->fields */
    size_t                             count;
    bool                               open;
    const pl_field_t                  *raw;
    const pl_field_t                  *bad;
    pl_json_bits_t                     required;
    pl_json_bits_t                     counted; /* repeated with LEN_MIN */
    pl_needed_t                       *needed;
    size_t                             n_needed;
    uint8_t                           *slots;   /* hash of names to field */
    unsigned                           slot_bits;
};

struct pl_codec_s {
    pl_arena_t   *ar;
    locale_t      plain;                /* "C": numbers with a dot */
    size_t        count;
    pl_shape_t   *shapes[PL_JSON_SHAPES_MAX];
    uint16_t      slots[PL_JSON_SHAPES_MAX * 2];    /* index + 1 */
    size_t        n_names;
    pl_names_t   *names[PL_JSON_SHAPES_MAX];
};

/* ---- tables --------------------------------------------------------- */

/* NULL when it was not reachable from the roots. */
pl_shape_t *pl_json_shape(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *desc);

/* The field of this name in JSON; NULL when there is none. */
const pl_field_t *pl_json_field(const pl_shape_t *shape, pl_str_t name);

/* Checks every row, and puts those into the tables whose shape is there. */
pl_status_t pl_json_rules(pl_codec_t *codec, const pl_rules_t *tables,
    size_t n_tables, pl_err_t *err);

/* ---- values --------------------------------------------------------- */

typedef enum {
    PL_TOKEN_STRING = 0,
    PL_TOKEN_NUMBER,
    PL_TOKEN_TRUE,
    PL_TOKEN_FALSE,
    PL_TOKEN_NULL,
    PL_TOKEN_FORM               /* text alone: may be meant as any of them */
} pl_token_e;

typedef struct {
    pl_token_e  kind;
    pl_str_t    text;           /* without quotes and escapes */
} pl_token_t;

/* Where values go, and what holds for all of one decoding. */
typedef struct {
    const pl_codec_t  *codec;
    pl_arena_t        *ar;
    bool               open;    /* of the shape that is being filled */
    pl_err_t          *err;     /* text says why, without a path */
} pl_sink_t;

/*
 * Parses tok and stores it as the field's value, or its next element.
 * Messages and PL_KIND_JSON are not its business.
 * PL_INVALID, PL_TOOBIG (a bound), PL_NOMEM.
 */
pl_status_t pl_json_value(const pl_sink_t *sink, const pl_field_t *field,
    uint8_t *msg, const pl_token_t *tok);

/* Stores bytes as they are; the same errors. */
pl_status_t pl_json_value_bytes(const pl_sink_t *sink,
    const pl_field_t *field, uint8_t *msg, pl_str_t bytes);

/* A new message of the field's shape, stored as the next element. */
pl_status_t pl_json_value_message(const pl_sink_t *sink,
    const pl_field_t *field, uint8_t *msg, uint8_t **sub);

/* Fills a raw field (bytes) or a bad one (text with a NUL; len unused). */
void pl_json_hide(const pl_field_t *field, uint8_t *msg, const void *data,
    size_t len);

/*
 * What no single value shows: required fields, those that others require,
 * and too few elements. *missing is the field that is at fault.
 */
pl_status_t pl_json_complete(const pl_shape_t *shape, const uint8_t *msg,
    pl_json_bits_t seen, const pl_field_t **missing, pl_err_t *err);

size_t pl_json_count(const pl_field_t *field, const uint8_t *msg);

/* "not a string" etc. */
const char *pl_json_not(const pl_field_t *field);

/* ---- text ----------------------------------------------------------- */

/*
 * A buffer that grows in the arena. Once full it stays so, and `full` is
 * asked for once, at the end.
 */
typedef struct {
    pl_arena_t  *ar;
    uint8_t     *data;
    size_t       len;
    size_t       size;
    bool         full;
} pl_out_t;

void pl_out_bytes(pl_out_t *out, pl_str_t s);
void pl_out_byte(pl_out_t *out, uint8_t c);

/* In quotes, with escapes; what is no valid UTF-8 becomes U+FFFD. */
void pl_out_string(pl_out_t *out, pl_str_t s);

/*
 * The bytes between a string's quotes without their escapes, in the arena:
 * U+0000 and lone surrogates are U+FFFD, raw bytes are as they were.
 */
pl_status_t pl_json_unescape(pl_arena_t *ar, pl_str_t raw, pl_str_t *text);

/* The code of a whole \u1234; false: there is none. */
bool pl_json_hex4(const uint8_t *p, size_t left, uint32_t *code);

/* Where the string begins (its quote) that ends before `end`. */
size_t pl_json_string_start(pl_str_t json, size_t end);

/* ---- the reader ----------------------------------------------------- */

/*
 * What reads a text; the first member of whoever is called back, so that
 * the callbacks find it.
 */
typedef struct {
    pl_str_t     json;
    unsigned     flags;
    pl_arena_t  *ar;
    void        *handle;        /* yajl's */
    bool         ended;         /* the callbacks saw the end of the value */
    size_t       end;           /* where it was */
} pl_reader_t;

/* Offset behind the token that is being handed out. */
size_t pl_reader_offset(const pl_reader_t *rd);

/*
 * A string or key that yajl hands out, without escapes: in the input, or
 * read again from there into the arena. data NULL when that is full.
 */
pl_str_t pl_reader_text(const pl_reader_t *rd, const unsigned char *text,
    size_t len);

/* Sets line and column of an offset. */
void pl_reader_place(const pl_reader_t *rd, size_t offset, pl_err_t *err);

/* False: the flags say PL_JSON_STRICT, and there is what it refuses: err. */
bool pl_json_strict(const pl_reader_t *rd, pl_err_t *err);

/*
 * Runs the text through the callbacks (yajl_callbacks, ctx is rd).
 * PL_OK, PL_INVALID (syntax; err has line and column), PL_NOMEM; PL_MISUSE
 * when a callback said 0: it knows why. scalar: a lone number or word is a
 * text too.
 */
pl_status_t pl_reader_run(pl_reader_t *rd, const void *callbacks,
    bool scalar, pl_err_t *err);

/*
 * Appends the text without white space and comments, with its strings as
 * pl_out_string writes them. PL_INVALID when it is no JSON.
 */
pl_status_t pl_json_compact(pl_str_t json, pl_out_t *out, pl_err_t *err);

#endif /* PL_JSON_IMPL_H_INCLUDED */
