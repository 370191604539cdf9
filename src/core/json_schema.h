/*
 * JSON Schema (draft 2020-12) of a codec's shapes: made of the same tables
 * by which texts are decoded, so that editors accept what the codec does.
 *
 * What it leaves to the codec: lengths are bytes there and characters in a
 * schema (so a schema allows a little more), null stands for an absent key,
 * and PL_RULE_IF.
 */

#ifndef PL_JSON_SCHEMA_H_INCLUDED
#define PL_JSON_SCHEMA_H_INCLUDED

#include "json.h"

/* What a field is for; field NULL: the shape itself. */
typedef struct {
    const ProtobufCMessageDescriptor  *shape;
    const char                        *field;   /* as in the .proto */
    const char                        *text;
} pl_json_word_t;

typedef struct {
    const pl_json_word_t  *rows;
    size_t                 count;
} pl_json_words_t;

/*
 * The schema of a shape and of all that it holds, in the arena, with a line
 * for each shape. words may be NULL. PL_MISUSE: the shape was not reachable
 * from the codec's roots; PL_TOOBIG: more than PL_JSON_SCHEMA_MAX shapes;
 * PL_NOMEM.
 */
#define PL_JSON_SCHEMA_MAX  384

pl_status_t pl_json_schema(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *shape, const pl_json_words_t *words,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err);

/*
 * The schemas of many shapes, and of all that they hold, as one object: by
 * name, without a draft or $defs, for a document that has a place of its own
 * for them. refs: what a reference begins with ("#/components/schemas/").
 * A shape of another package than home's is named with that package's last
 * part before it: pl.Content in pl.api's is PlContent.
 */
pl_status_t pl_json_schemas(const pl_codec_t *codec,
    const ProtobufCMessageDescriptor *const *shapes, size_t n,
    const char *home, const char *refs, const pl_json_words_t *words,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err);

#endif /* PL_JSON_SCHEMA_H_INCLUDED */
