/*
 * See limit.h. What is absent is passed with all rows of its group. Hardly any
 * message has a fault to name: so a row that does not hold is walked once
 * more, and only then the error's path is written on the way, with the index
 * of each element that is passed.
 */

#include <stdio.h>
#include <string.h>

#include "../core/wire.h"
#include "limit.h"


typedef struct {
    const pl_limit_group_t  *group;
    const pl_limit_t        *row;
    const char              *root;
    const char              *variant;
    uint32_t                 bit;           /* the variant's; 0: none's */
    size_t                   total;         /* of PL_LIMIT_TOTAL */
    bool                     tells;         /* writes the error's path */
    const char              *head;          /* the last group's first field */
    const ProtobufCMessage  *in;            /* and what it leads to */
    const pl_limits_t       *limits;
    pl_frozen_t             *frozen;        /* met last; it may keep them yet */
    pl_err_t                *err;
    char                     path[PL_ERR_PATH_MAX];
} limit_walk_t;


static bool limit_kept(const pl_limits_t *limits,
    const pl_frozen_t *frozen);
static pl_status_t limit_group(limit_walk_t *walk,
    const ProtobufCMessage *msg);
static bool limit_enter(limit_walk_t *walk, const char *path,
    const ProtobufCMessage **msg);
static pl_status_t limit_rows(limit_walk_t *walk,
    const ProtobufCMessage *msg);
static bool limit_same(const char *path, const char *other, size_t len);
static pl_status_t limit_row(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    size_t len);
static pl_status_t limit_step(limit_walk_t *walk,
    const ProtobufCMessage *msg, const char *path, size_t told);
static pl_status_t limit_go(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    const char *rest, size_t told);
static const ProtobufCFieldDescriptor *limit_field(limit_walk_t *walk,
    const ProtobufCMessageDescriptor *type, const char *path, size_t *len);
static pl_status_t limit_into(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    const char *path, size_t len);
static pl_status_t limit_misuse(limit_walk_t *walk, const char *name);
static pl_status_t limit_count(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    size_t len);
static size_t limit_chars(const limit_walk_t *walk, const char *s);
static size_t limit_items(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field);
static const ProtobufCMessage *limit_message(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field);
static pl_status_t limit_range(limit_walk_t *walk, size_t n, size_t len);
static pl_status_t limit_value(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field);
static pl_status_t limit_line(limit_walk_t *walk, const char *s);
static pl_status_t limit_fault(limit_walk_t *walk, const char *text);
static size_t limit_put(limit_walk_t *walk, size_t len, const char *name,
    size_t name_len);
static size_t limit_index(limit_walk_t *walk, size_t len, size_t i);


pl_status_t
pl_limit_check(const pl_limits_t *limits, const ProtobufCMessage *msg,
    const char *root, const char *part, const char *variant, pl_err_t *err)
{
    size_t        i, len;
    pl_status_t   rc = PL_OK;
    limit_walk_t  walk;

    if (limit_kept(limits, pl_wire_frozen(msg))) {
        return PL_OK;
    }

    walk.limits = limits;
    walk.frozen = pl_wire_frozen(msg);
    walk.root = root;
    walk.variant = variant;
    walk.bit = pl_limit_variant(limits, variant);
    walk.head = NULL;
    walk.tells = false;
    walk.err = err;
    len = part == NULL ? 0 : strlen(part);

    for (i = 0; i < limits->count && rc == PL_OK; i++) {
        walk.group = &limits->groups[i];

        if (part == NULL || limit_same(part, walk.group->path, len)) {
            rc = limit_group(&walk, msg);
        }
    }

    if (rc == PL_OK && walk.frozen != NULL) {
        atomic_store_explicit(&walk.frozen->fits, limits,
                              memory_order_relaxed);
    }

    return rc;
}


static bool
limit_kept(const pl_limits_t *limits, const pl_frozen_t *frozen)
{
    return frozen != NULL
           && atomic_load_explicit(&frozen->fits, memory_order_relaxed)
              == limits;
}


uint32_t
pl_limit_variant(const pl_limits_t *limits, const char *name)
{
    size_t  i;

    for (i = 0; i < limits->n_variants; i++) {
        if (strcmp(limits->variants[i], name) == 0) {
            return UINT32_C(1) << i;
        }
    }

    return 0;
}


size_t
pl_limit_chars(const char *s)
{
    size_t  n = 0;

    for ( /* void */ ; s != NULL && *s != '\0'; s++) {

        /* every byte that continues no character begins one */

        n += ((unsigned char) *s & 0xc0) != 0x80;
    }

    return n;
}


bool
pl_limit_word(const char *list, const char *word)
{
    size_t  n;

    if (word[0] == '\0') {
        return false;
    }

    for ( ;; ) {

        for (n = 0; word[n] != '\0' && list[n] == word[n]; n++) {
            /* void */
        }

        if (word[n] == '\0' && (list[n] == ' ' || list[n] == '\0')) {
            return true;
        }

        for (list += n; *list != ' '; list++) {
            if (*list == '\0') {
                return false;
            }
        }

        list++;
    }
}


/*
 * To the group's message, if there is one. Groups that begin with the same
 * field stand together mostly.
 */

static pl_status_t
limit_group(limit_walk_t *walk, const ProtobufCMessage *msg)
{
    size_t       len;
    const char  *path = walk->group->path;

    len = strcspn(path, ".");

    if (walk->head != NULL && limit_same(path, walk->head, len)) {
        msg = walk->in;

    } else if (!limit_enter(walk, path, &msg)) {
        return PL_MISUSE;
    }

    walk->head = path;
    walk->in = msg;

    while (msg != NULL && path[len] != '\0') {
        path += len + 1;
        len = strcspn(path, ".");

        if (!limit_enter(walk, path, &msg)) {
            return PL_MISUSE;
        }
    }

    return msg == NULL ? PL_OK : limit_rows(walk, msg);
}


/*
 * The message that is its field; NULL: it has none, or it is frozen and keeps
 * its limits. False: no such field.
 */

static bool
limit_enter(limit_walk_t *walk, const char *path,
    const ProtobufCMessage **msg)
{
    size_t                           len;
    pl_frozen_t                     *frozen;
    const ProtobufCFieldDescriptor  *field;

    field = limit_field(walk, (*msg)->descriptor, path, &len);
    if (field == NULL) {
        return false;
    }

    if (field->type != PROTOBUF_C_TYPE_MESSAGE
        || field->label == PROTOBUF_C_LABEL_REPEATED)
    {
        (void) limit_misuse(walk, field->name);
        return false;
    }

    *msg = limit_message(*msg, field);
    frozen = *msg == NULL ? NULL : pl_wire_frozen(*msg);

    if (limit_kept(walk->limits, frozen)) {
        *msg = NULL;

    } else if (frozen != NULL) {
        walk->frozen = frozen;
    }

    return true;
}


/* Rows of the same field stand together: it is looked up for the first. */

static pl_status_t
limit_rows(limit_walk_t *walk, const ProtobufCMessage *msg)
{
    size_t                           i, len = 0;
    pl_status_t                      rc = PL_OK;
    const char                      *path = NULL;
    const ProtobufCFieldDescriptor  *field = NULL;

    for (i = 0; i < walk->group->count && rc == PL_OK; i++) {
        walk->row = &walk->group->rows[i];

        if (walk->row->when != 0 && (walk->row->when & walk->bit) == 0) {
            continue;
        }

        if (path == NULL || !limit_same(path, walk->row->path, len)) {
            path = walk->row->path;
            field = limit_field(walk, msg->descriptor, path, &len);
        }

        rc = field == NULL ? PL_MISUSE : limit_row(walk, msg, field, len);
    }

    return rc;
}


/* Do two paths begin with the same field, the first's of len bytes? */

static bool
limit_same(const char *path, const char *other, size_t len)
{
    return path[0] == other[0] && strncmp(path, other, len) == 0
           && (other[len] == '.' || other[len] == '\0');
}


static pl_status_t
limit_row(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, size_t len)
{
    size_t       told;
    pl_status_t  rc;
    const char  *rest = walk->row->path + len;

    walk->total = 0;

    rc = limit_go(walk, msg, field, rest, 0);
    if (rc != PL_INVALID) {
        return rc;
    }

    walk->total = 0;
    walk->tells = true;
    walk->path[0] = '\0';
    told = limit_put(walk, 0, walk->root, strlen(walk->root));
    told = limit_put(walk, told, walk->group->path,
                     strlen(walk->group->path));
    told = limit_put(walk, told, walk->row->path, len);

    return limit_go(walk, msg, field, rest, told);
}


static pl_status_t
limit_step(limit_walk_t *walk, const ProtobufCMessage *msg, const char *path,
    size_t told)
{
    size_t                           len;
    const ProtobufCFieldDescriptor  *field;

    field = limit_field(walk, msg->descriptor, path, &len);

    return field == NULL ? PL_MISUSE
           : limit_go(walk, msg, field, path + len,
                      limit_put(walk, told, path, len));
}


/* rest: of the path, behind the field's name. told: of the error's path. */

static pl_status_t
limit_go(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, const char *rest, size_t told)
{
    return rest[0] == '.' ? limit_into(walk, msg, field, rest + 1, told)
                          : limit_count(walk, msg, field, told);
}


/*
 * The field that a path begins with, and how long its name is. A message has
 * few: to look at each first letter takes less than any search by name.
 */

static const ProtobufCFieldDescriptor *
limit_field(limit_walk_t *walk, const ProtobufCMessageDescriptor *type,
    const char *path, size_t *len)
{
    size_t       i, n;
    const char  *name;

    for (i = 0; i < type->n_fields; i++) {
        name = type->fields[i].name;

        for (n = 0; name[n] != '\0' && name[n] == path[n]; n++) {
            /* void */
        }

        if (name[n] == '\0' && (path[n] == '.' || path[n] == '\0')) {
            *len = n;
            return &type->fields[i];
        }
    }

    (void) limit_misuse(walk, path);

    return NULL;
}


/* On the way: a message, or each of many. */

static pl_status_t
limit_into(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, const char *path, size_t len)
{
    size_t                     i, n;
    pl_status_t                rc = PL_OK;
    const void                *value;
    ProtobufCMessage *const   *items;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return limit_misuse(walk, field->name);
    }

    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        msg = limit_message(msg, field);
        return msg == NULL ? PL_OK : limit_step(walk, msg, path, len);
    }

    n = limit_items(msg, field);
    value = (const char *) msg + field->offset;
    items = *(ProtobufCMessage *const *const *) value;

    for (i = 0; i < n && rc == PL_OK; i++) {
        rc = limit_step(walk, items[i], path, limit_index(walk, len, i));
    }

    return rc;
}


static pl_status_t
limit_misuse(limit_walk_t *walk, const char *name)
{
    return pl_err_set(walk->err, PL_MISUSE, "limit", 0,
                      "%s of %s leads nowhere", name, walk->group->path);
}


static pl_status_t
limit_count(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, size_t len)
{
    const void  *value = (const char *) msg + field->offset;

    switch (walk->row->what) {

    case PL_LIMIT_CHARS:
        return limit_range(walk, limit_items(msg, field) == 0 ? 0
                           : limit_chars(walk, *(const char *const *) value),
                           len);

    case PL_LIMIT_BYTES:
        return limit_range(walk, limit_items(msg, field) == 0 ? 0
                           : ((const ProtobufCBinaryData *) value)->len,
                           len);

    case PL_LIMIT_VALUE:
        return limit_items(msg, field) == 0
               ? PL_OK : limit_value(walk, msg, field);

    case PL_LIMIT_LINE:
        return limit_items(msg, field) == 0
               ? PL_OK : limit_line(walk, *(const char *const *) value);

    default:
        return limit_range(walk, limit_items(msg, field), len);
    }
}


/* Bytes will do, where they are few enough already. */

static size_t
limit_chars(const limit_walk_t *walk, const char *s)
{
    size_t  n = strlen(s);

    return n <= walk->row->max && walk->row->min <= 1 ? n
                                                      : pl_limit_chars(s);
}


/* How many there are: of what is no list, none or one. */

static size_t
limit_items(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    const char  *base = (const char *) msg;
    const void  *quantifier = base + field->quantifier_offset;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return *(const size_t *) quantifier;
    }

    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0
        && *(const uint32_t *) quantifier != field->id)
    {
        return 0;
    }

    if (field->type == PROTOBUF_C_TYPE_MESSAGE
        || field->type == PROTOBUF_C_TYPE_STRING)
    {
        return *(const void *const *) (const void *) (base + field->offset)
               != NULL;
    }

    return field->label == PROTOBUF_C_LABEL_REQUIRED
           || *(const protobuf_c_boolean *) quantifier != 0;
}


static const ProtobufCMessage *
limit_message(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    const void  *value = (const char *) msg + field->offset;

    return limit_items(msg, field) == 0
           ? NULL : *(const ProtobufCMessage *const *) value;
}


static pl_status_t
limit_range(limit_walk_t *walk, size_t n, size_t len)
{
    char               text[80];
    size_t             left = walk->row->max;
    const pl_limit_t  *row = walk->row;

    if (row->what == PL_LIMIT_TOTAL) {
        left -= walk->total;
        walk->total += n;
    }

    if (n <= left && n >= row->min) {
        return PL_OK;
    }

    if (n < row->min) {
        if (n == 0) {
            return limit_fault(walk, "required");
        }

        (void) snprintf(text, sizeof(text), "at least %u",
                        (unsigned) row->min);

    } else if (row->max == 0) {
        (void) snprintf(text, sizeof(text), "not with %.40s",
                        row->when == 0 ? "this" : walk->variant);

    } else if (row->what == PL_LIMIT_CHARS || row->what == PL_LIMIT_BYTES) {
        (void) snprintf(text, sizeof(text), "%zu %s, at most %u", n,
                        row->what == PL_LIMIT_CHARS ? "characters" : "bytes",
                        (unsigned) row->max);

    } else {

        /* the first that is too much */

        (void) limit_index(walk, len, left);
        (void) snprintf(text, sizeof(text), "at most %u%s",
                        (unsigned) row->max,
                        row->what == PL_LIMIT_TOTAL ? " in all" : "");
    }

    return limit_fault(walk, text);
}


static pl_status_t
limit_value(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    char         text[80];
    uint32_t     n;
    const void  *value = (const char *) msg + field->offset;

    n = *(const uint32_t *) value;

    if (n >= walk->row->min && n <= walk->row->max) {
        return PL_OK;
    }

    (void) snprintf(text, sizeof(text), "%u to %u",
                    (unsigned) walk->row->min, (unsigned) walk->row->max);

    return limit_fault(walk, text);
}


static pl_status_t
limit_line(limit_walk_t *walk, const char *s)
{
    char    text[80];
    size_t  spaces = 0;

    for ( /* void */ ; *s != '\0'; s++) {
        if (*s == '\n' || *s == '\r' || *s == '\t') {
            return limit_fault(walk, "line break or tab");
        }

        spaces = *s == ' ' ? spaces + 1 : 0;

        if (spaces > walk->row->max) {
            (void) snprintf(text, sizeof(text),
                            "more than %u spaces in a row",
                            (unsigned) walk->row->max);
            return limit_fault(walk, text);
        }
    }

    return PL_OK;
}


static pl_status_t
limit_fault(limit_walk_t *walk, const char *text)
{
    if (!walk->tells) {
        return PL_INVALID;
    }

    (void) pl_err_set(walk->err, PL_INVALID, "check", 0, "%s", text);
    pl_err_path(walk->err, "%s", walk->path);

    return PL_INVALID;
}


/*
 * Appends a field's name; the path's new length. Cut where it is too long.
 */

static size_t
limit_put(limit_walk_t *walk, size_t len, const char *name, size_t name_len)
{
    size_t  room;

    if (!walk->tells) {
        return len;
    }

    if (len != 0 && len < sizeof(walk->path) - 1) {
        walk->path[len++] = '.';
    }

    room = sizeof(walk->path) - 1 - len;
    name_len = name_len < room ? name_len : room;

    memcpy(walk->path + len, name, name_len);
    walk->path[len + name_len] = '\0';

    return len + name_len;
}


static size_t
limit_index(limit_walk_t *walk, size_t len, size_t i)
{
    int  n;

    if (!walk->tells) {
        return len;
    }

    n = snprintf(walk->path + len, sizeof(walk->path) - len, "[%zu]", i);

    return n < 0 || (size_t) n >= sizeof(walk->path) - len
           ? sizeof(walk->path) - 1 : len + (size_t) n;
}
