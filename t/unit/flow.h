/*
 * What the tests of flows share: a codec, an arena, facts, and files with a
 * mark where a mistake is expected.
 */

#ifndef FLOW_H_INCLUDED
#define FLOW_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/flow.h"
#include "../../src/engine/shapes.h"

/* A file of steps alone: '…' is written for '"'. */
#define FLOW(steps)  "{'flow':'x','start':'a','steps':{" steps "}}"
#define SAY(text)    "'say':{'text':'" text "'}"

typedef struct {
    pl_codec_t          *codec;
    pl_arena_t          *ar;
    pl_match_state_t    *match;
    pl_flow_mistakes_t   mistakes;
} flow_test_t;

static flow_test_t  flow_test;


static inline int
flow_setup(void **state)
{
    (void) state;

    flow_test.ar = pl_arena_create(64 * 1024, 64u << 20);
    flow_test.match = pl_match_state_create();

    return flow_test.ar != NULL && flow_test.match != NULL
           && pl_shapes_codec(&flow_test.codec, NULL) == PL_OK ? 0 : -1;
}


static inline int
flow_teardown(void **state)
{
    (void) state;

    pl_codec_destroy(flow_test.codec);
    pl_match_state_destroy(flow_test.match);
    pl_arena_destroy(flow_test.ar);

    return 0;
}


/* Quotes made right; the first '@' goes, and its place is told. */

static inline pl_str_t
flow_text(const char *json, unsigned *line, unsigned *column)
{
    char        *to, *out;
    const char  *p;

    to = out = pl_arena_alloc(flow_test.ar, strlen(json) + 1);
    assert_non_null(out);
    *line = 0;
    *column = 0;

    for (p = json; *p != '\0'; p++) {
        if (*p == '@' && *line == 0) {
            const char  *at;

            for (*line = 1, *column = 1, at = json; at < p; at++) {
                *column = *at == '\n' ? 1 : *column + 1;
                *line += *at == '\n';
            }

            continue;
        }

        *to++ = *p == '\'' ? '"' : *p;
    }

    return (pl_str_t) { (uint8_t *) out, (size_t) (to - out) };
}


/* A file that is sound. */

static inline pl_flow_t *
flow_good(const char *json)
{
    unsigned    line, column;
    pl_flow_t  *flow;

    if (pl_flow_examine(&flow, flow_test.codec,
                        flow_text(json, &line, &column), &flow_test.mistakes)
        != PL_OK)
    {
        fail_msg("%u:%u %s: %s", flow_test.mistakes.rows[0].err.line,
                 flow_test.mistakes.rows[0].err.column,
                 flow_test.mistakes.rows[0].err.path,
                 flow_test.mistakes.rows[0].err.text);
    }

    return flow;
}


/* Is a mistake noted at the place, and do its words say so? */

static inline void
flow_noted(const char *json, unsigned line, unsigned column, bool warning,
    const char *says)
{
    size_t                    i;
    const pl_flow_mistake_t  *row = flow_test.mistakes.rows;

    for (i = 0; i < flow_test.mistakes.n; i++) {
        if (row[i].warning == warning && row[i].err.line == line
            && row[i].err.column == column
            && strstr(row[i].err.text, says) != NULL)
        {
            return;
        }
    }

    fail_msg("%s\nwanted %u:%u %s; %zu mistakes, the first %u:%u %s: %s",
             json, line, column, says, flow_test.mistakes.n,
             row[0].err.line, row[0].err.column, row[0].err.path,
             flow_test.mistakes.n == 0 ? "" : row[0].err.text);
}

#endif /* FLOW_H_INCLUDED */
