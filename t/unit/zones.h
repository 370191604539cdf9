/*
 * Time zones for tests: TZif files that are nothing but a footer, and tz
 * databases of them.
 */

#ifndef T_ZONES_H_INCLUDED
#define T_ZONES_H_INCLUDED

#include "../../src/core/clock.h"
#include "../../src/engine/wall.h"
#include "../../src/engine/zones.h"
#include "engine.h"

#define Z_FILE_MAX   256
#define Z_FILES_MAX  64

#define Z_BERLIN     "CET-1CEST,M3.5.0,M10.5.0/3"
#define Z_ABOLISHED  "CET-1"
#define Z_FOREVER    "CEST-2"

/* A database under way. */
typedef struct {
    uint8_t           digest[PL_ZONES_DIGEST_LEN];
    uint8_t           files[Z_FILES_MAX][Z_FILE_MAX];
    char             *names[Z_FILES_MAX][2];
    Pl__ZoneFile      rows[Z_FILES_MAX];
    Pl__ZoneFile     *list[Z_FILES_MAX];
    Pl__ZonesPublish  publish;
} z_database_t;


/* A version 2 file without a transition. */

static inline size_t
z_file(uint8_t *p, const char *rule)
{
    static const uint8_t  head[44] = { 'T', 'Z', 'i', 'f', '2' };
    size_t                len = 0;

    memcpy(p, head, 44);
    memcpy(p + 44, head, 44);
    len = 88;
    p[44 + 39] = 1;             /* typecnt */
    p[44 + 43] = 4;             /* charcnt */
    memset(p + len, 0, 6);
    memcpy(p + len + 6, "UTC\0\n", 5);
    len += 11;
    memcpy(p + len, rule, strlen(rule));
    len += strlen(rule);
    p[len++] = '\n';

    return len;
}


/* digest: one letter tells databases apart. */

static inline void
z_begin(z_database_t *z, const char *version, char digest)
{
    memset(z, 0, sizeof(*z));
    memset(z->digest, digest, sizeof(z->digest));
    pl__zones_publish__init(&z->publish);
    z->publish.version = (char *) version;
    z->publish.digest.data = z->digest;
    z->publish.digest.len = sizeof(z->digest);
    z->publish.zones = z->list;
}


/* alias: NULL, or another name of it. */

static inline void
z_add(z_database_t *z, const char *name, const char *alias,
    const char *rule)
{
    size_t         n = z->publish.n_zones++;
    Pl__ZoneFile  *row = &z->rows[n];

    assert_true(n < Z_FILES_MAX);
    pl__zone_file__init(row);
    z->names[n][0] = (char *) name;
    z->names[n][1] = (char *) alias;
    row->names = z->names[n];
    row->n_names = alias == NULL ? 1 : 2;
    row->tzif.data = z->files[n];
    row->tzif.len = z_file(z->files[n], rule);
    z->list[n] = row;
}


static inline void
z_publish(t_engine_t *t, z_database_t *z)
{
    Pl__Command  command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_ZONES_PUBLISH;
    command.zones_publish = &z->publish;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* One database of one zone, which is what most tests need. */

static inline void
z_berlin(t_engine_t *t, const char *version, const char *rule)
{
    z_database_t  z;

    z_begin(&z, version, version[strlen(version) - 1]);
    z_add(&z, "Europe/Berlin", NULL, rule);
    z_publish(t, &z);
}


/* "2027-07-01T07:00" of UTC, or of any wall. */

static inline int64_t
at(const char *text)
{
    int64_t  ms;
    char     full[64];

    (void) snprintf(full, sizeof(full), "%sZ", text);
    assert_int_equal(pl_clock_parse(pl_str_c(full), &ms), PL_OK);

    return ms;
}


static inline Pl__StateMeta *
meta(t_engine_t *t)
{
    pl_txn_t       *txn = t_read(t);
    Pl__StateMeta  *m;

    t_ok(t, pl_state_meta(txn, t->ar, &m, &t->err));
    pl_store_abort(txn);

    return m;
}

#endif /* T_ZONES_H_INCLUDED */
