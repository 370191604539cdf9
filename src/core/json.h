/*
 * The codec: JSON and forms to protobuf-c messages and back, driven by the
 * messages' descriptors and by rows of rules. The only door to yajl.
 *
 * A shape is a message type. Its fields are found under their names in the
 * .proto file unless a row renames them; what protobuf cannot say is a row:
 *
 *     { &pl__wa__webhook__descriptor, NULL, PL_RULE_OPEN, NULL, 0 }
 *     { &pl__wa__form__descriptor, "body_plain", PL_RULE_NAME,
 *       "body-plain", 0 }
 *
 * Rows stand beside the code that owns the shape and are checked against
 * the descriptors when the codec is made, once in a process. A codec is
 * immutable and may be used by all threads. A shape has at most 64 fields.
 *
 * Decoding
 *
 * - Required fields are proto2's. An unknown key is refused in a closed
 *   shape (the default) and skipped in an open one. A key given twice is
 *   refused in a closed shape; in an open one the last stands. null is the
 *   same as an absent key; as an element of an array it is an error.
 * - Open shapes forgive what providers do: a number where a string is
 *   declared keeps its digits as text; a string of digits where an integer
 *   is declared is read. Closed shapes do not.
 * - Strings come out as valid UTF-8 with a NUL behind; U+0000, lone
 *   surrogates and invalid bytes become U+FFFD (str.h).
 *   PL_JSON_STRICT refuses them instead.
 * - 64-bit integers keep every digit. An integer with fraction or exponent,
 *   or out of its type's range, is an error of that field.
 * - An error names its path: entry[0].changes[1].value.messages[0].id. With
 *   PL_RULE_BAD the error stays inside the nearest element that has such a
 *   field (of an array, a single one, or the text's own object): bad says
 *   "path: reason", what follows in the element is skipped, its required
 *   fields may be missing, and its neighbours are decoded. What should be
 *   such an element and is no object becomes one that has raw and bad alone.
 *   Broken syntax is always an error of the whole.
 * - Depth is at most PL_JSON_DEPTH_MAX, skipped subtrees included; past it
 *   an element with PL_RULE_BAD has an error, past PL_JSON_NEST_MAX the
 *   whole text.
 * - raw fields point into the input, which must outlive the message. All
 *   else is in the arena.
 */

#ifndef PL_JSON_H_INCLUDED
#define PL_JSON_H_INCLUDED

#include <protobuf-c/protobuf-c.h>

#include "arena.h"
#include "pl.h"

typedef enum {
    PL_RULE_NAME,       /* field's name in JSON and forms is `name` */
    PL_RULE_OPEN,       /* shape: skip unknown keys, forgive types */
    PL_RULE_MAP,        /* repeated message field: a JSON object whose keys
                           are the elements' string field `name` */
    PL_RULE_RAW,        /* bytes field: the object's own JSON; not a key */
    PL_RULE_BAD,        /* string field: the element's error; not a key */
    PL_RULE_LEN_MAX,    /* string, bytes: bytes; repeated: elements;
                           <= bound */
    PL_RULE_LEN_MIN,    /* likewise >= bound; an absent array has none */
    PL_RULE_MAX,        /* integer <= bound */
    PL_RULE_MIN,        /* integer >= bound */
    PL_RULE_JSON,       /* bytes field holds JSON: shown as it is. Without
                           this row bytes are base64 text */
    PL_RULE_IF,         /* field is required if the field `name` is there */
    PL_RULE_PAIR        /* with MAP: what stands under a key is no object but
                           the element's string field `name`. An open
                           element takes numbers, true, false and arrays
                           of them (json_pair.c) and skips the rest */
} pl_rule_e;

typedef struct {
    const ProtobufCMessageDescriptor  *shape;
    const char                        *field;   /* NULL for OPEN */
    pl_rule_e                          rule;
    const char                        *name;
    int64_t                            bound;
} pl_rule_t;

/* A table of rows; count is PL_COUNT(rows). */
typedef struct {
    const pl_rule_t  *rows;
    size_t            count;
} pl_rules_t;

typedef struct pl_codec_s  pl_codec_t;

/*
 * Builds the tables for every shape that is reachable from roots (n_roots
 * descriptors) under the rows of all tables. PL_INVALID names the row that
 * does not fit its descriptor. The codec owns its memory.
 */
pl_status_t pl_codec_create(pl_codec_t **codec,
    const ProtobufCMessageDescriptor *const *roots, size_t n_roots,
    const pl_rules_t *tables, size_t n_tables, pl_err_t *err);
void pl_codec_destroy(pl_codec_t *codec);

#define PL_JSON_COMMENTS  0x1   /* allow C comments (flow files) */
#define PL_JSON_STRICT    0x2   /* refuse what would become U+FFFD, and a
                                   byte order mark (files of people) */

/*
 * Decodes one JSON text into a message of the given shape, in the arena,
 * which also lends what the parser needs: 6 KiB, or up to four times the
 * text's length where that is longer and has escapes or is cut off.
 * PL_INVALID with path, line and column; PL_TOOBIG past depth or a limit
 * row; PL_NOMEM when the arena is full; PL_MISUSE when the shape was not
 * reachable from the codec's roots.
 */
pl_status_t pl_json_decode(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *shape, pl_str_t json, unsigned flags,
    pl_arena_t *ar, ProtobufCMessage **out, pl_err_t *err);

/*
 * One line of JSON without a newline, in the arena. Enum values are shown
 * without their enum's prefix, in lower case (DIRECTION_IN: "in", and the
 * same is accepted when decoding). Absent optional fields are left out, and
 * so are raw and bad ones. PL_INVALID with a path where a required field is
 * missing, a number is none, or a field that holds JSON does not; PL_TOOBIG
 * past the depth; PL_NOMEM, PL_MISUSE as above. A NUL stands behind *out.
 */
pl_status_t pl_json_encode(const pl_codec_t *codec,
    const ProtobufCMessage *msg, pl_arena_t *ar, pl_str_t *out,
    pl_err_t *err);

/*
 * A JSON text on one line, in the arena: what somebody else wrote, made such
 * that PL_RULE_JSON shows it. Keys and digits are as they were; strings are
 * valid UTF-8 without U+0000; white space and comments are gone. PL_INVALID
 * where it is no JSON, PL_TOOBIG past the depth, PL_NOMEM; err may be NULL.
 */
pl_status_t pl_json_line(pl_arena_t *ar, pl_str_t json, pl_str_t *line,
    pl_err_t *err);

/*
 * Where in the text the value at a path stands: line and column, from 1, of
 * its first byte. The path is one of err->path's form: steps.greet.say.text,
 * triggers[1].step; of one that is not there the nearest value above it.
 * For mistakes that only show after decoding. PL_INVALID where the text is
 * no JSON.
 */
pl_status_t pl_json_locate(pl_str_t json, const char *path, unsigned *line,
    unsigned *column);

/*
 * application/x-www-form-urlencoded into a flat message, by the same rows.
 * A parameter given twice goes to a repeated field, or is refused in a
 * closed shape. Bad %-escapes stay as they are (browsers do the same). A
 * field that is a message is an unknown key; what is empty and no text is
 * absent in an open shape, since providers send every parameter. PL_RULE_RAW
 * keeps the form, which must outlive the message then. Errors have no line.
 */
pl_status_t pl_form_decode(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *shape, pl_str_t form, pl_arena_t *ar,
    ProtobufCMessage **out, pl_err_t *err);

#endif /* PL_JSON_H_INCLUDED */
