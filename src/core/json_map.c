/*
 * Objects that are maps (PL_RULE_MAP): elements of a repeated field, each
 * under its key.
 */

#include <stdlib.h>
#include <string.h>

#include "json_frame.h"

#define MAP_KEYS_FIRST  8


static pl_map_key_t *map_key_room(pl_decode_t *d, pl_frame_t *map, size_t n);
static int map_twice(pl_decode_t *d, pl_frame_t *f, size_t n);
static int map_key_order(const void *a, const void *b);


int
pl_json_map_key(pl_decode_t *d, pl_frame_t *f, pl_str_t key)
{
    f->key = pl_utf8_clean(d->rd.ar, key);
    f->start = pl_json_string_start(d->rd.json, pl_reader_offset(&d->rd));

    return (f->key == NULL) ? pl_json_frame_nomem(d) : 1;
}


/* A map's element has its key as a field, which cannot be given again. */
int
pl_json_map_keyed(pl_decode_t *d, pl_frame_t *map, pl_frame_t *f)
{
    size_t             n;
    pl_token_t         tok;
    pl_status_t        rc;
    pl_map_key_t      *slot;
    const pl_field_t  *key;

    n = pl_json_count(map->field, map->msg) - 1;

    slot = map_key_room(d, map, n);
    if (slot == NULL) {
        return pl_json_frame_nomem(d);
    }

    slot->text = map->key;
    slot->index = n;
    slot->place = map->start;

    key = map->field->key;
    tok.kind = PL_TOKEN_STRING;
    tok.text = pl_str_c(map->key);
    f->seen |= key->bit;

    rc = pl_json_value(&d->sink, key, f->msg, &tok);
    if (rc == PL_OK) {
        return 1;
    }

    d->at = map->start;

    return pl_json_frame_fail(d, rc, PL_AT_VALUE, NULL);
}


/*
 * Keys given twice are found by sorting: a table keyed by their hash would
 * be open to whoever chooses them.
 */
int
pl_json_map_close(pl_decode_t *d, pl_frame_t *f)
{
    size_t  n;

    n = pl_json_count(f->field, f->msg);

    if (n > 1) {
        qsort(f->keys, n, sizeof(*f->keys), map_key_order);
        return map_twice(d, f, n);
    }

    pl_json_frame_pop(d);

    return 1;
}


/* Grown as json_value.c grows arrays. NULL: no memory. */
static pl_map_key_t *
map_key_room(pl_decode_t *d, pl_frame_t *map, size_t n)
{
    size_t         room;
    pl_map_key_t  *keys;

    if (n == 0 || (n >= MAP_KEYS_FIRST && (n & (n - 1)) == 0)) {
        room = (n == 0) ? MAP_KEYS_FIRST : 2 * n;

        keys = pl_arena_alloc(d->rd.ar, room * sizeof(*keys));
        if (keys == NULL) {
            return NULL;
        }

        if (n > 0) {
            memcpy(keys, map->keys, n * sizeof(*keys));
        }

        map->keys = keys;
    }

    return &map->keys[n];
}


/* An open shape keeps the last; the others' order stays. */
static int
map_twice(pl_decode_t *d, pl_frame_t *f, size_t n)
{
    size_t               i, left;
    uint8_t            **items;
    const pl_map_key_t  *keys;

    keys = f->keys;
    items = *(uint8_t ***) (void *) (f->msg + f->field->offset);

    for (i = 1; i < n; i++) {
        if (strcmp(keys[i - 1].text, keys[i].text) != 0) {
            continue;
        }

        if (!f->shape->open) {
            f->key = keys[i].text;
            f->index = keys[i].index + 1;
            d->at = keys[i].place;
            return pl_json_frame_fail(d, PL_INVALID, PL_AT_CLOSE,
                                      "given twice");
        }

        items[keys[i - 1].index] = NULL;
    }

    left = 0;

    for (i = 0; i < n; i++) {
        if (items[i] != NULL) {
            items[left++] = items[i];
        }
    }

    *(size_t *) (void *) (f->msg + f->field->quantifier) = left;
    pl_json_frame_pop(d);

    return 1;
}


static int
map_key_order(const void *a, const void *b)
{
    int                  rc;
    const pl_map_key_t  *one, *two;

    one = a;
    two = b;
    rc = strcmp(one->text, two->text);

    if (rc != 0) {
        return rc;
    }

    return (one->index > two->index) - (one->index < two->index);
}
