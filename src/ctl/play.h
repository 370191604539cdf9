/*
 * Plays the lines of a script (script.h) in a world (world.h): deeds are
 * done, expectations are held against what has come of them.
 *
 * Each message that leaves, and each word of policy, is expected once: an
 * expectation takes the first of its kind that none has taken, of the person
 * that the script is about. So order within a kind is held, and nothing can
 * stand for two lines.
 */

#ifndef PLCTL_PLAY_H_INCLUDED
#define PLCTL_PLAY_H_INCLUDED

#include "script.h"
#include "talk.h"

#define PLCTL_PLAY_PERSONS_MAX  64
#define PLCTL_PLAY_BEGIN        "2027-01-04T10:00"  /* a Monday */

typedef struct {
    plctl_t             *ctl;
    plctl_world_conf_t   conf;
    plctl_world_t       *world;         /* NULL until something is done */
    const pl_zone_t     *zone;          /* in which the script's times are */
    plctl_person_t      *person;        /* whom it is about; NULL: nobody */
    size_t               n_persons;
    plctl_person_t       persons[PLCTL_PLAY_PERSONS_MAX];
} plctl_play_t;

/*
 * conf.now_ms is when it begins, unless the first line says otherwise.
 * zone_name NULL: the tenant's, else UTC. PL_NOTFOUND: no such zone.
 */
pl_status_t plctl_play_begin(plctl_play_t *play, plctl_t *ctl,
    const plctl_world_conf_t *conf, const char *zone_name, pl_err_t *err);
void plctl_play_end(plctl_play_t *play);

/* The world, made now if need be. */
pl_status_t plctl_play_world(plctl_play_t *play, pl_err_t *err);

/*
 * A line. PL_INVALID: there is a mistake in it, and err has its place;
 * PL_NOTFOUND: what it expects is not so, and err->text says what is; others
 * as world.h has them.
 */
pl_status_t plctl_play_line(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);

/* Is it a line that expects something? */
bool plctl_play_expects(const plctl_line_t *line);

/* The first message to anybody that no line has expected, or NULL. */
const plctl_event_t *plctl_play_left(const plctl_play_t *play);

/* ---- play_expect.c -------------------------------------------------- */

/* A line of PLCTL_VERB_LEAVES and behind. The world is there. */
pl_status_t plctl_play_expect(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);

/* `expect`: a line about what is known and remembered (play_state.c). */
pl_status_t plctl_play_state(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);

/* As plctl_play_match, and err says "WHAT TEXT". text NULL: there is none. */
pl_status_t plctl_play_same(const plctl_line_t *line, unsigned i,
    const char *what, const char *text, pl_err_t *err);

/* Says what is so instead: PL_NOTFOUND. */
pl_status_t plctl_play_not(pl_err_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Does a word of a script match a text? PL_NOTFOUND: no; PL_INVALID: it is no
 * pattern, at its place.
 */
pl_status_t plctl_play_match(const plctl_line_t *line, unsigned i,
    const char *text, pl_err_t *err);

#endif /* PLCTL_PLAY_H_INCLUDED */
