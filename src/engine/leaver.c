/*
 * What a tenant has, line by line. See leaver.h. What of a table goes is a
 * row of leaver_parts; what of a row must not go is leaver_trim.c's.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/json.h"
#include "../core/record.h"
#include "../core/str.h"
#include "erase_impl.h"
#include "leaver_impl.h"
#include "state.h"

#define LEAVER_ARENA      65536
#define LEAVER_ARENA_MAX  (32u * 1024 * 1024)

typedef struct leaver_s  leaver_t;

/* A table that is walked, and how its keys read behind the tenant. */
typedef struct {
    pl_leaver_e                        part;
    pl_table_e                         table;
    const char                        *place;   /* of settings: whose name
                                                   stands behind it */
    bool                               whole;   /* of all tenants */
    const ProtobufCMessageDescriptor  *type;
    const char                        *key;     /* fields of Line, a letter
                                                   each (leaver_key) */
    pl_status_t  (*each)(leaver_t *lv, pl_str_t key, pl_str_t value);
} leaver_part_t;

struct leaver_s {
    pl_txn_t             *txn;
    uint32_t              tenant;
    const char           *name;
    const pl_codec_t     *codec;
    pl_export_put_pt      put;
    void                 *data;
    pl_arena_t           *row;          /* reset before each row */
    pl_arena_t           *json;         /* reset before each line */
    pl_hash_t            *hash;
    const leaver_part_t  *part;
    size_t                prefix;       /* bytes of a key in front of its
                                           own part */
    pl_leaver_t          *out;
    pl_err_t             *err;
};

static const leaver_part_t *leaver_row(pl_leaver_e part);
static pl_status_t leaver_all(leaver_t *lv);
static pl_status_t leaver_idle(leaver_t *lv);
static pl_status_t leaver_head(leaver_t *lv);
static pl_status_t leaver_walk(leaver_t *lv, const leaver_part_t *part);
static void leaver_prefix(leaver_t *lv, const leaver_part_t *part,
    pl_key_t *prefix);
static pl_status_t leaver_record(leaver_t *lv, pl_str_t key, pl_str_t value);
static pl_status_t leaver_message(leaver_t *lv, pl_str_t key,
    pl_str_t value);
static pl_status_t leaver_files(leaver_t *lv, uint64_t id,
    const Pl__Message *message);
static pl_status_t leaver_task(leaver_t *lv, pl_str_t key, pl_str_t value);
static pl_status_t leaver_counter(leaver_t *lv, pl_str_t key,
    pl_str_t value);
static bool leaver_key(const char *fields, pl_str_t key,
    Pl__Leaver__Line *line);
static pl_status_t leaver_line(leaver_t *lv, pl_leaver_e part,
    Pl__Leaver__Line *line, const ProtobufCMessage *row);
static pl_status_t leaver_left(leaver_t *lv, pl_table_e table);
static pl_status_t leaver_end(leaver_t *lv);
static pl_status_t leaver_write(leaver_t *lv, const pl_str_t *pieces,
    size_t n);

const char *const  pl_leaver_names[PL_LEAVER_PARTS] = {
    "tenants", "channels", "flows", "messages", "files", "notes", "tasks",
    "templates", "caps", "audit", "counters", "contacts", "merges",
    "consents", "groups", "members", "conversations"
};

static const leaver_part_t  leaver_parts[] = {
    { PL_LEAVER_TENANT, PL_TABLE_SETTINGS, "tenant/", false,
      &pl__tenant_settings__descriptor, "", leaver_record },
    { PL_LEAVER_CHANNELS, PL_TABLE_SETTINGS, "channel/", false,
      &pl__channel_settings__descriptor, "", leaver_record },
    { PL_LEAVER_FLOWS, PL_TABLE_SETTINGS, "flow/", false,
      &pl__flow_settings__descriptor, "", leaver_record },
    { PL_LEAVER_MESSAGES, PL_TABLE_MESSAGES, NULL, true,
      &pl__message__descriptor, "n", leaver_message },
    { PL_LEAVER_NOTES, PL_TABLE_NOTES, NULL, false,
      &pl__note__descriptor, "kpn", leaver_record },
    { PL_LEAVER_TASKS, PL_TABLE_TASKS, NULL, false,
      &pl__timer__descriptor, "", leaver_task },
    { PL_LEAVER_TEMPLATES, PL_TABLE_TEMPLATES, NULL, false,
      &pl__template_record__descriptor, "h", leaver_record },
    { PL_LEAVER_CAPS, PL_TABLE_CAPS, NULL, false,
      &pl__cap_record__descriptor, "kp", leaver_record },
    { PL_LEAVER_AUDIT, PL_TABLE_AUDIT, NULL, false,
      &pl__audit_event__descriptor, "n", leaver_record },
    { PL_LEAVER_COUNTERS, PL_TABLE_COUNTERS, NULL, false,
      &pl__leaver__counter__descriptor, "", leaver_counter },
    { PL_LEAVER_CONTACTS, PL_TABLE_CONTACTS, NULL, false,
      &pl__contact__descriptor, "n", leaver_record },
    { PL_LEAVER_MERGES, PL_TABLE_MERGES, NULL, false,
      &pl__contact_merge__descriptor, "n", leaver_record },
    { PL_LEAVER_CONSENTS, PL_TABLE_CONSENTS, NULL, false,
      &pl__audit_event__descriptor, "cn", leaver_record },
    { PL_LEAVER_GROUPS, PL_TABLE_GROUPS, NULL, false,
      &pl__group__descriptor, "n", leaver_record },
    { PL_LEAVER_MEMBERS, PL_TABLE_MEMBERS, NULL, false,
      &pl__membership__descriptor, "oc", leaver_record },
    { PL_LEAVER_CONVERSATIONS, PL_TABLE_CONVERSATIONS, NULL, false,
      &pl__conversation__descriptor, "kp", leaver_record },
};


int
pl_leaver_named(const char *name)
{
    int  part;

    for (part = 0; part < PL_LEAVER_PARTS; part++) {
        if (strcmp(pl_leaver_names[part], name) == 0) {
            return part;
        }
    }

    return -1;
}


const ProtobufCMessageDescriptor *
pl_leaver_type(pl_leaver_e part)
{
    return leaver_row(part)->type;
}


pl_table_e
pl_leaver_table(pl_leaver_e part)
{
    return leaver_row(part)->table;
}


const char *
pl_leaver_key(pl_leaver_e part)
{
    return leaver_row(part)->key;
}


static const leaver_part_t *
leaver_row(pl_leaver_e part)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(leaver_parts) - 1; i++) {
        if (leaver_parts[i].part == part) {
            break;
        }
    }

    return &leaver_parts[i];
}


pl_status_t
pl_leaver_export(pl_txn_t *txn, uint32_t tenant, const char *name,
    const pl_codec_t *codec, pl_export_put_pt put, void *data,
    pl_leaver_t *out, pl_err_t *err)
{
    leaver_t     lv;
    pl_status_t  rc;

    memset(&lv, 0, sizeof(lv));
    memset(out, 0, sizeof(*out));
    lv.txn = txn;
    lv.tenant = tenant;
    lv.name = name;
    lv.codec = codec;
    lv.put = put;
    lv.data = data;
    lv.out = out;
    lv.err = err;

    lv.row = pl_arena_create(LEAVER_ARENA, LEAVER_ARENA_MAX);
    lv.json = pl_arena_create(LEAVER_ARENA, LEAVER_ARENA_MAX);
    lv.hash = pl_hash_create();

    rc = lv.row == NULL || lv.json == NULL || lv.hash == NULL
         || pl_hash_begin(lv.hash) != PL_OK
         ? pl_err_set(err, PL_NOMEM, "export", 0, "out of memory")
         : leaver_all(&lv);

    pl_hash_destroy(lv.hash);
    pl_arena_destroy(lv.json);
    pl_arena_destroy(lv.row);

    return rc;
}


static pl_status_t
leaver_all(leaver_t *lv)
{
    size_t       i;
    pl_status_t  rc;

    rc = leaver_idle(lv);
    if (rc == PL_OK) {
        rc = leaver_head(lv);
    }

    for (i = 0; rc == PL_OK && i < PL_COUNT(leaver_parts); i++) {
        rc = leaver_walk(lv, &leaver_parts[i]);
    }

    for (i = 0; rc == PL_OK && i < PL_TABLE_COUNT; i++) {
        if (pl_leaver_fate((pl_table_e) i) == PL_LEAVER_STAYS) {
            rc = leaver_left(lv, (pl_table_e) i);
        }
    }

    return rc == PL_OK ? leaver_end(lv) : rc;
}


static pl_status_t
leaver_idle(leaver_t *lv)
{
    pl_status_t  rc;

    rc = leaver_left(lv, PL_TABLE_ERASING);

    return rc == PL_OK && lv->out->left[PL_TABLE_ERASING] != 0
           ? pl_err_set(lv->err, PL_BUSY, "export", 0,
                        "somebody of \"%s\" is being erased: again when that "
                        "is done", lv->name)
           : rc;
}


static pl_status_t
leaver_head(leaver_t *lv)
{
    pl_str_t           text;
    pl_status_t        rc;
    Pl__StateMeta     *meta;
    Pl__Leaver__Head   head = PL__LEAVER__HEAD__INIT;

    rc = pl_state_meta(lv->txn, lv->row, &meta, lv->err);

    if (rc == PL_OK && meta->importing_tenant == lv->tenant) {
        return pl_err_set(lv->err, PL_BUSY, "export", 0,
                          "\"%s\" is being read in: again when that is done",
                          lv->name);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(lv->err, rc, "export", 0,
                            "nothing was ever folded") : rc;
    }

    head.format = (char *) PL_LEAVER_FORMAT;
    head.tenant = (char *) lv->name;
    head.number = lv->tenant;
    head.folded = meta->folded;
    head.time_ms = meta->folded_ms;
    head.schema = meta->schema;
    head.engine = meta->engine;
    head.span = meta->next_id;

    rc = pl_json_encode(lv->codec, &head.base, lv->json, &text, lv->err);

    return rc == PL_OK ? leaver_write(lv, &text, 1) : rc;
}


static pl_status_t
leaver_walk(leaver_t *lv, const leaver_part_t *part)
{
    pl_key_t      prefix;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    lv->part = part;
    leaver_prefix(lv, part, &prefix);

    rc = pl_store_scan(lv->txn, part->table, pl_key_str(&prefix), false,
                       &scan, lv->err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, lv->err);

        if (rc != PL_OK || key.len < prefix.len
            || memcmp(key.data, prefix.data, prefix.len) != 0)
        {
            break;
        }

        if (part->part == PL_LEAVER_TENANT && key.len != prefix.len) {
            break;              /* another whose name begins so */
        }

        pl_arena_reset(lv->row);
        key.data += lv->prefix;
        key.len -= lv->prefix;
        rc = part->each(lv, key, value);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static void
leaver_prefix(leaver_t *lv, const leaver_part_t *part, pl_key_t *prefix)
{
    prefix->len = 0;
    prefix->overflow = false;

    if (part->place != NULL) {
        pl_key_bytes(prefix, part->place, strlen(part->place));
        pl_key_bytes(prefix, lv->name, strlen(lv->name));

        if (part->part != PL_LEAVER_TENANT) {
            pl_key_bytes(prefix, "/", 1);
        }

    } else if (!part->whole) {
        pl_key_u32(prefix, lv->tenant);
    }

    lv->prefix = prefix->len;
}


static pl_status_t
leaver_record(leaver_t *lv, pl_str_t key, pl_str_t value)
{
    pl_status_t         rc;
    Pl__Leaver__Line    line = PL__LEAVER__LINE__INIT;
    ProtobufCMessage   *msg;

    if (!leaver_key(lv->part->key, key, &line)) {
        return pl_err_set(lv->err, PL_FOREIGN, "export", 0,
                          "a key of %s is none",
                          pl_store_tables[lv->part->table].name);
    }

    rc = pl_record_read(lv->part->table, value, lv->part->type, lv->row,
                        &msg, lv->err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_leaver_trim(msg);

    return leaver_line(lv, lv->part->part, &line, msg);
}


static pl_status_t
leaver_message(leaver_t *lv, pl_str_t key, pl_str_t value)
{
    pl_status_t         rc;
    Pl__Message        *message;
    Pl__Leaver__Line    line = PL__LEAVER__LINE__INIT;
    ProtobufCMessage   *msg;

    rc = pl_record_read(lv->part->table, value, lv->part->type, lv->row,
                        &msg, lv->err);
    message = (Pl__Message *) msg;

    if (rc != PL_OK || message->tenant != lv->tenant) {
        return rc;
    }

    line.has_number = 1;
    line.number = pl_be64(key.data);
    lv->out->waited += pl_leaver_fail(message, lv->row);

    rc = leaver_line(lv, PL_LEAVER_MESSAGES, &line, msg);

    return rc == PL_OK ? leaver_files(lv, line.number, message) : rc;
}


static pl_status_t
leaver_files(leaver_t *lv, uint64_t id, const Pl__Message *message)
{
    size_t              i;
    const char         *file;
    pl_status_t         rc = PL_OK;
    Pl__Leaver__File    row = PL__LEAVER__FILE__INIT;
    Pl__Leaver__Line    line = PL__LEAVER__LINE__INIT;

    for (i = 0; rc == PL_OK
                && (file = pl_erase_file(message->content, i)) != NULL; i++)
    {
        if (file[0] != '\0') {
            row.file = (char *) file;
            row.message = id;
            rc = leaver_line(lv, PL_LEAVER_FILES, &line, &row.base);
        }
    }

    return rc;
}


/* `tasks` lists them by tenant; what they are stands in `timers`. */

static pl_status_t
leaver_task(leaver_t *lv, pl_str_t key, pl_str_t value)
{
    uint64_t            stands_ms;
    pl_key_t            timer;
    pl_status_t         rc;
    Pl__Leaver__Line    line = PL__LEAVER__LINE__INIT;
    ProtobufCMessage   *msg;

    rc = pl_record_read_u64(lv->part->table, value, &stands_ms, lv->err);
    if (rc != PL_OK || key.len != 16) {
        return rc == PL_OK ? pl_err_set(lv->err, PL_FOREIGN, "export", 0,
                                        "a key of tasks is none") : rc;
    }

    line.has_number = 1;
    line.number = pl_be64(key.data + 8);
    pl_key_timer(&timer, (int64_t) stands_ms, line.number);

    rc = pl_record_get(lv->txn, PL_TABLE_TIMERS, pl_key_str(&timer),
                       lv->part->type, lv->row, &msg, lv->err);

    return rc == PL_OK ? leaver_line(lv, PL_LEAVER_TASKS, &line, msg)
           : rc == PL_NOTFOUND
           ? pl_err_set(lv->err, PL_FOREIGN, "export", 0,
                        "a task without its timer: parleyctl check") : rc;
}


/* metric, 0, day u32, label */

static pl_status_t
leaver_counter(leaver_t *lv, pl_str_t key, pl_str_t value)
{
    size_t                  len;
    pl_str_t                label;
    pl_status_t             rc;
    const uint8_t          *end;
    Pl__Leaver__Line        line = PL__LEAVER__LINE__INIT;
    Pl__Leaver__Counter     row = PL__LEAVER__COUNTER__INIT;

    end = memchr(key.data, 0, key.len);
    len = end == NULL ? key.len : (size_t) (end - key.data) + 1;

    if (end == NULL || key.len < len + 4) {
        return pl_err_set(lv->err, PL_FOREIGN, "export", 0,
                          "a key of counters is none");
    }

    label.data = key.data + len + 4;
    label.len = key.len - len - 4;
    row.metric = pl_arena_str(lv->row, pl_str_c((const char *) key.data));
    row.day = pl_be32(key.data + len);
    row.label = pl_arena_str(lv->row, label);

    if (row.metric == NULL || row.label == NULL) {
        return pl_err_set(lv->err, PL_NOMEM, "export", 0, "out of memory");
    }

    rc = pl_record_read_u64(lv->part->table, value, &row.count, lv->err);

    return rc == PL_OK ? leaver_line(lv, PL_LEAVER_COUNTERS, &line,
                                     &row.base) : rc;
}


/*
 * n: its own number; c: contact; o: owner; k: party kind; p: party;
 * h: channel, and what is behind it stands in the row.
 */

static bool
leaver_key(const char *fields, pl_str_t key, Pl__Leaver__Line *line)
{
    size_t        size;
    uint64_t      n;
    const char   *f;

    for (f = fields; *f != '\0'; f++) {
        size = *f == 'k' ? 1 : *f == 'h' ? 4 : 8;
        if (key.len < size) {
            return false;
        }

        n = size == 1 ? key.data[0]
            : size == 4 ? pl_be32(key.data) : pl_be64(key.data);

        switch (*f) {

        case 'n':
            line->has_number = 1;
            line->number = n;
            break;

        case 'c':
            line->has_contact = 1;
            line->contact = n;
            break;

        case 'o':
            line->has_owner = 1;
            line->owner = n;
            break;

        case 'k':
            line->has_kind = n != 0;    /* 0: the tenant's own caps */
            line->kind = (Pl__PartyKind) n;
            break;

        case 'p':
            line->has_party = 1;
            line->party = n;
            break;

        default: /* 'h' */
            line->has_channel = 1;
            line->channel = (uint32_t) n;
            return true;
        }

        key.data += size;
        key.len -= size;
    }

    return key.len == 0 || fields[0] == '\0';
}


static pl_status_t
leaver_line(leaver_t *lv, pl_leaver_e part, Pl__Leaver__Line *line,
    const ProtobufCMessage *row)
{
    pl_str_t     pieces[4];
    pl_status_t  rc;

    pl_arena_reset(lv->json);
    line->table = (char *) pl_leaver_names[part];

    rc = pl_json_encode(lv->codec, &line->base, lv->json, &pieces[0],
                        lv->err);
    if (rc == PL_OK) {
        rc = pl_json_encode(lv->codec, row, lv->json, &pieces[2], lv->err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pieces[0].len--;                    /* its brace */
    pieces[1] = PL_STR(PL_LEAVER_ROW);
    pieces[3] = PL_STR("}");
    lv->out->rows[part]++;

    return leaver_write(lv, pieces, 4);
}


static pl_status_t
leaver_left(leaver_t *lv, pl_table_e table)
{
    pl_key_t      prefix;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    prefix.len = 0;
    prefix.overflow = false;
    pl_key_u32(&prefix, lv->tenant);
    lv->out->left[table] = 0;

    rc = pl_store_scan(lv->txn, table, pl_key_str(&prefix), false, &scan,
                       lv->err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, lv->err);

        if (rc != PL_OK || key.len < prefix.len
            || memcmp(key.data, prefix.data, prefix.len) != 0)
        {
            break;
        }

        lv->out->left[table]++;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
leaver_end(leaver_t *lv)
{
    char                  hex[2 * PL_SHA256_LEN + 1];
    size_t                i;
    pl_str_t              text;
    pl_status_t           rc;
    Pl__Leaver__End       end = PL__LEAVER__END__INIT;
    Pl__Leaver__Count     counts[PL_LEAVER_PARTS], left[PL_TABLE_COUNT];
    Pl__Leaver__Count    *of[PL_LEAVER_PARTS], *stays[PL_TABLE_COUNT];

    pl_arena_reset(lv->json);

    for (i = 0; i < PL_LEAVER_PARTS; i++) {
        pl__leaver__count__init(&counts[i]);
        counts[i].table = (char *) pl_leaver_names[i];
        counts[i].rows = lv->out->rows[i];
        of[i] = &counts[i];
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (lv->out->left[i] != 0) {
            pl__leaver__count__init(&left[i]);
            left[i].table = (char *) pl_store_tables[i].name;
            left[i].rows = lv->out->left[i];
            stays[end.n_left_out++] = &left[i];
        }
    }

    if (pl_hash_end(lv->hash, lv->out->digest) != PL_OK) {
        return pl_err_set(lv->err, PL_IO, "export", 0, "cannot hash");
    }

    pl_hex_encode(lv->out->digest, PL_SHA256_LEN, hex);
    end.n_counts = PL_LEAVER_PARTS;
    end.counts = of;
    end.left_out = stays;
    end.waited = lv->out->waited;
    end.lines = lv->out->lines;
    end.sha256 = hex;

    rc = pl_json_encode(lv->codec, &end.base, lv->json, &text, lv->err);

    return rc == PL_OK ? leaver_write(lv, &text, 1) : rc;
}


/* One line: its pieces, and the newline, in one put. */

static pl_status_t
leaver_write(leaver_t *lv, const pl_str_t *pieces, size_t n)
{
    char    *at, *line;
    size_t   i, len;

    for (i = 0, len = 1; i < n; i++) {
        len += pieces[i].len;
    }

    line = at = pl_arena_alloc(lv->json, len);
    if (line == NULL) {
        return pl_err_set(lv->err, PL_NOMEM, "export", 0, "out of memory");
    }

    for (i = 0; i < n; i++) {
        memcpy(at, pieces[i].data, pieces[i].len);
        at += pieces[i].len;
    }

    *at = '\n';
    lv->out->lines++;
    lv->out->bytes += len;

    return pl_hash_add(lv->hash, line, len) == PL_OK
           ? lv->put(lv->data, line, len, lv->err)
           : pl_err_set(lv->err, PL_IO, "export", 0, "cannot hash");
}
