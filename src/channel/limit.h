/*
 * Limits of what can be said, as rows: a field's path, what is counted
 * there, and how much of it there may be. A provider's limits are a table;
 * the walk over a message by its descriptors is the same for all.
 *
 * Pure; any thread. An error names the field by its path from the root, and
 * of its value nothing but lengths and counts.
 */

#ifndef PL_LIMIT_H_INCLUDED
#define PL_LIMIT_H_INCLUDED

#include <protobuf-c/protobuf-c.h>

#include "../core/pl.h"

typedef enum {
    PL_LIMIT_CHARS,     /* string: Unicode characters; absent: none */
    PL_LIMIT_BYTES,     /* bytes; absent: none */
    PL_LIMIT_ITEMS,     /* repeated: elements; a single one: 0 or 1 */
    PL_LIMIT_TOTAL,     /* repeated: elements of all that the path meets */
    PL_LIMIT_VALUE,     /* unsigned integer, where there is one */
    PL_LIMIT_LINE       /* string: one line without tabs, and not more than
                           max spaces in a row */
} pl_limit_e;

/*
 * The path is that of fields, with dots between, from the message of the
 * group; a repeated one on the way is passed element by element, and where
 * something on the way is absent there is nothing to count.
 */
typedef struct {
    uint32_t     when;      /* variants, a bit each; 0: any */
    const char  *path;
    pl_limit_e   what;
    uint32_t     min;
    uint32_t     max;       /* 0: not with this variant */
    const char  *source;    /* who says so */
} pl_limit_t;

/* Of one message, which the path leads to without a repeated field. */
typedef struct {
    const char        *path;
    const pl_limit_t  *rows;
    size_t             count;
} pl_limit_group_t;

/* variants: the name of each bit, the lowest first; 32 at most. */
typedef struct {
    const pl_limit_group_t  *groups;
    size_t                   count;
    const char *const       *variants;
    size_t                   n_variants;
} pl_limits_t;

/*
 * root: what the error's path begins with. part: only groups whose path
 * begins with this field (NULL: all). variant: of the message, for the rows'
 * when. PL_INVALID at the first row that does not hold; PL_MISUSE where a
 * path is none of the message's. What is frozen (wire.h), the message or a
 * part of it, is looked at until it has kept its limits once; so part and
 * variant have to follow from what it holds.
 */
pl_status_t pl_limit_check(const pl_limits_t *limits,
    const ProtobufCMessage *msg, const char *root, const char *part,
    const char *variant, pl_err_t *err);

/* Its bit; 0 where no row can speak of it. */
uint32_t pl_limit_variant(const pl_limits_t *limits, const char *name);

/* Characters of valid UTF-8; NULL has none. */
size_t pl_limit_chars(const char *s);

/* Is word one of those in list, which has spaces between? */
bool pl_limit_word(const char *list, const char *word);

#endif /* PL_LIMIT_H_INCLUDED */
