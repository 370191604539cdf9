/*
 * Watching flows run: which steps were run, and by which ways they were
 * reached. For tools that say what a test has covered (parleyctl simulate
 * --cover); nobody watches a live store. No part of the state: apply does the
 * same whether anybody looks or not.
 */

#ifndef PL_WATCH_H_INCLUDED
#define PL_WATCH_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

typedef enum {
    PL_WAY_STEP = 0,            /* the step itself was run */

    /* into a flow: step is NULL */
    PL_WAY_TRIGGER,             /* index */
    PL_WAY_DEFAULT,
    PL_WAY_TASK,                /* name; `to` is the step that it ran */
    PL_WAY_HANDOVER,            /* name: asked, misunderstood, or a topic */

    /* on from a step */
    PL_WAY_BRANCH,              /* index */
    PL_WAY_CALL,
    PL_WAY_NEXT,
    PL_WAY_END,
    PL_WAY_BACK,
    PL_WAY_OVER,                /* nothing leads on */
    PL_WAY_TIMEOUT,             /* index */
    PL_WAY_UNCLEAR              /* an answer was not understood */
} pl_way_e;

typedef struct {
    pl_way_e     kind;
    const char  *flow;
    const char  *step;
    size_t       index;
    const char  *name;
    const char  *to;
} pl_way_t;

/* way is called in the folding thread, and may keep nothing. */
typedef struct {
    void   (*way)(void *data, const pl_way_t *way);
    void    *data;
} pl_watch_t;

/* Tells who watches; NULL: nobody does. */
static inline void
pl_watch(const pl_watch_t *watch, pl_way_e kind, const char *flow,
    const char *step, size_t index)
{
    pl_way_t  way = { kind, flow, step, index, NULL, NULL };

    if (watch != NULL) {
        watch->way(watch->data, &way);
    }
}


/* The same of a way that has a name. */
static inline void
pl_watch_named(const pl_watch_t *watch, pl_way_e kind, const char *flow,
    const char *name, const char *to)
{
    pl_way_t  way = { kind, flow, NULL, 0, name, to };

    if (watch != NULL) {
        watch->way(watch->data, &way);
    }
}

#endif /* PL_WATCH_H_INCLUDED */
