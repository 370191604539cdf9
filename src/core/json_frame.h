/*
 * One decoding of JSON under way: what json_decode.c, json_frame.c and
 * json_map.c share.
 *
 * There is a frame for each object or array that is open and of use, and
 * nothing but a count (skip) for those inside of what is not.
 *
 * Functions that return int return what yajl's callback is to return: 0
 * ends the parse, with d->status, d->why and d->at saying why and where.
 */

#ifndef PL_JSON_FRAME_H_INCLUDED
#define PL_JSON_FRAME_H_INCLUDED

#include "json_impl.h"

typedef enum {
    PL_FRAME_OBJECT = 0,
    PL_FRAME_LIST,
    PL_FRAME_MAP,
    PL_FRAME_JSON,              /* kept as it is: PL_RULE_JSON */
    PL_FRAME_JOIN               /* under a key of PL_RULE_PAIR */
} pl_frame_e;

typedef struct {
    const char  *text;
    size_t       index;         /* of its element */
    size_t       place;         /* offset in the input */
} pl_map_key_t;

typedef struct {
    const pl_shape_t  *shape;   /* of msg */
    const pl_field_t  *field;   /* current one; of an array: its own */
    uint8_t           *msg;     /* of an array: whose field it is */
    pl_json_bits_t     seen;
    size_t             start;   /* offset of the brace; in a map, of the
                                   current key */
    size_t             index;   /* of an array: elements begun */
    const char        *key;     /* of a map's current element */
    pl_map_key_t      *keys;    /* of a map's elements so far */
    uint8_t            kind;    /* pl_frame_e */
    bool               mute;    /* nothing in it counts */
} pl_frame_t;

typedef struct {
    pl_reader_t        rd;      /* first: it is the callbacks' context */
    pl_sink_t          sink;
    const pl_shape_t  *shape;   /* of the text's own object */
    uint8_t           *root;
    pl_status_t        status;  /* why a callback said 0 */
    size_t             at;      /* offset of the error */
    pl_str_t           unknown; /* key that has no field */
    unsigned           depth;   /* objects and arrays open */
    unsigned           skip;    /* of them without a frame */
    int                top;     /* frame in use; -1: none yet */
    pl_out_t           join;    /* of the array that is PL_FRAME_JOIN */
    pl_err_t           why;
    pl_frame_t         frames[PL_JSON_DEPTH_MAX + 1];   /* one for a scalar
                                   that stands where an object should */
} pl_decode_t;

/* What the innermost object or array is doing when an error is met. */
typedef enum {
    PL_AT_CLOSE = -1,
    PL_AT_VALUE = 0,
    PL_AT_OPEN = 1
} pl_at_e;

/* Offset of a scalar's first byte. */
size_t pl_json_frame_start(const pl_decode_t *d, const pl_token_t *tok);

/* PL_RULE_PAIR: what stands under a key of the map f (json_pair.c); and
   the parts and the end of an array there. */
int pl_json_pair_store(pl_decode_t *d, pl_frame_t *f, const pl_token_t *tok);
int pl_json_pair_open(pl_decode_t *d, pl_frame_t *f, bool map);
int pl_json_pair_part(pl_decode_t *d, pl_frame_t *f, const pl_token_t *tok);
int pl_json_pair_close(pl_decode_t *d, pl_frame_t *f);

/* What holds for an object is set by the caller. */
pl_frame_t *pl_json_frame_push(pl_decode_t *d, pl_frame_e kind,
    size_t start);
void pl_json_frame_pop(pl_decode_t *d);

/*
 * An error at offset d->at, in the value that the frames lead to. reason
 * NULL: d->why has it.
 */
int pl_json_frame_fail(pl_decode_t *d, pl_status_t status, pl_at_e at,
    const char *reason);

/* An error of the whole text; d->why and d->at are set. */
int pl_json_frame_hard(pl_decode_t *d, pl_status_t status);
int pl_json_frame_nomem(pl_decode_t *d);

/* entry[0].changes[1].value; a map's key where it is a plain name. */
void pl_json_frame_path(const pl_decode_t *d, char *path, size_t size);

/* A key of a map; its element, once pushed; the map's end. */
int pl_json_map_key(pl_decode_t *d, pl_frame_t *f, pl_str_t key);
int pl_json_map_keyed(pl_decode_t *d, pl_frame_t *map, pl_frame_t *f);
int pl_json_map_close(pl_decode_t *d, pl_frame_t *f);

#endif /* PL_JSON_FRAME_H_INCLUDED */
