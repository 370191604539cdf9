/*
 * Events that rows of changes become, for tests.
 */

#ifndef T_TOLD_H_INCLUDED
#define T_TOLD_H_INCLUDED

#include "run.h"

#include "../../src/api/api_event.h"

#define TELLS                                                                 \
    "{\"flow\":\"tells\",\"triggers\":["                                      \
    "{\"keywords\":[\"tell\"],\"step\":\"tell\"}],\"steps\":{"                \
    "\"tell\":{\"say\":{\"text\":\"Told.\"},\"emit\":\"won\","                \
        "\"tag\":[\"new\"],\"schedule\":[{\"task\":\"later\",\"after\":"      \
        "\"1h\",\"step\":\"tell\"}]}}}"
#define EVENTS_MAX  64

typedef struct {
    unsigned         n;
    pl_api_event_t   events[EVENTS_MAX];
} told_t;


/* All of them, in an arena that is the test's. */

static inline void
told_all(t_engine_t *t, told_t *told)
{
    pl_str_t              key, value;
    pl_scan_t            *scan;
    pl_codec_t           *codec;
    pl_status_t           rc;
    pl_settings_t        *settings;
    pl_api_event_from_t   from;

    told->n = 0;
    t_ok(t, pl_api_event_codec(&codec, &t->err));
    from.txn = t_read(t);
    from.codec = codec;
    from.ar = t->ar;
    t_ok(t, pl_settings_load(&settings, from.txn, t->codec, &t->err));
    from.settings = settings;
    t_ok(t, pl_store_scan(from.txn, PL_TABLE_CHANGES, PL_STR_NULL, false,
                          &scan, &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK) {
        assert_true(told->n < EVENTS_MAX);
        rc = pl_api_event_render(&from, key, value,
                                 &told->events[told->n], &t->err);

        if (rc != PL_NOTFOUND) {
            t_ok(t, rc);
            told->n++;
        }
    }

    pl_store_scan_end(scan);
    pl_store_abort(from.txn);
    pl_settings_destroy(settings);
    pl_codec_destroy(codec);
}


static inline const pl_api_event_t *
told_one(const told_t *told, pl_api_event_e type, unsigned i)
{
    unsigned  n;

    for (n = 0; n < told->n; n++) {
        if (told->events[n].type == type && i-- == 0) {
            return &told->events[n];
        }
    }

    fail_msg("there is no such event");

    return NULL;
}


static inline bool
told_says(const pl_api_event_t *event, const char *text)
{
    return strstr((const char *) event->json.data, text) != NULL;
}

#endif /* T_TOLD_H_INCLUDED */
