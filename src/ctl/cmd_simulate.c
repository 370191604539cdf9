/*
 * simulate: scripts played against flows, each in a world of its own. A test
 * for flows: it says which lines do not hold, and what is so instead.
 */

#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cover.h"
#include "play.h"
#include "show.h"
#include "stage.h"

#define SIMULATE_KEEP_ONE  "--keep takes one script"

typedef struct {
    plctl_t          *ctl;
    plctl_stage_t     stage;
    plctl_cover_t     cover;
    bool              tap;
    uint64_t          tests;        /* lines that expect something */
    uint64_t          failed;
    bool              broken;       /* a script could not be played */
} simulate_t;

static int simulate_usage(plctl_t *ctl, const char *const *words,
    unsigned n_words, unsigned *n_flows, const char **sorted);
static int simulate_scripts(simulate_t *sim, const char *const *files,
    unsigned n);
static void simulate_script(simulate_t *sim, const char *path);
static pl_status_t simulate_play(simulate_t *sim, const char *path,
    const plctl_script_t *script, plctl_play_t *play);
static pl_status_t simulate_line(simulate_t *sim, const char *path,
    const plctl_line_t *line, plctl_play_t *play);
static void simulate_rest(simulate_t *sim, const char *path,
    const plctl_play_t *play);
static void simulate_said(simulate_t *sim, const char *path,
    const plctl_line_t *line, const char *reason);


int
plctl_cmd_simulate(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int          status;
    unsigned     n_flows;
    simulate_t   sim;
    const char  *sorted[PLCTL_WORDS_MAX];

    memset(&sim, 0, sizeof(sim));
    sim.ctl = ctl;
    sim.tap = (ctl->args->given & PLCTL_OPT_TAP) != 0;

    status = simulate_usage(ctl, words, n_words, &n_flows, sorted);
    if (status != PLCTL_EXIT_OK) {
        return status;
    }

    status = plctl_stage_set(ctl, &sim.stage, sorted, n_flows);

    if (status == PLCTL_EXIT_OK && (ctl->args->given & PLCTL_OPT_COVER)) {
        status = plctl_cover_begin(ctl, &sim.cover, &sim.stage);
    }

    if (status == PLCTL_EXIT_OK) {
        sim.stage.world.keep = ctl->args->keep;
        status = simulate_scripts(&sim, sorted + n_flows,
                                  n_words - n_flows);
    }

    plctl_stage_end(&sim.stage);

    return status;
}


/* Flows first, then scripts, each in the order in which they were given. */

static int
simulate_usage(plctl_t *ctl, const char *const *words, unsigned n_words,
    unsigned *n_flows, const char **sorted)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < n_words; i++) {
        if (plctl_stage_is_flow(words[i])) {
            sorted[n++] = words[i];
        }
    }

    *n_flows = n;

    for (i = 0; i < n_words; i++) {
        if (!plctl_stage_is_flow(words[i])) {
            sorted[n++] = words[i];
        }
    }

    if (*n_flows == 0 || *n_flows == n_words) {
        plctl_note(ctl, "simulate needs a flow (its name ends in .json) and "
                   "a script");
        return PLCTL_EXIT_USAGE;
    }

    if ((ctl->args->given & PLCTL_OPT_KEEP) && n_words - *n_flows != 1) {
        plctl_note(ctl, SIMULATE_KEEP_ONE);
        return PLCTL_EXIT_USAGE;
    }

    return PLCTL_EXIT_OK;
}


static int
simulate_scripts(simulate_t *sim, const char *const *files, unsigned n)
{
    FILE      *out;
    unsigned   i;

    out = sim->ctl->out;

    for (i = 0; i < n && plctl_world_signal() == 0; i++) {
        simulate_script(sim, files[i]);
    }

    if (sim->ctl->args->given & PLCTL_OPT_COVER) {
        plctl_cover_print(sim->ctl, &sim->cover, sim->tap);
    }

    if (sim->tap) {
        fprintf(out, "1..%llu\n", (unsigned long long) sim->tests);

    } else if (!sim->ctl->json) {
        fprintf(out, "%llu expectations, %llu do not hold\n",
                (unsigned long long) sim->tests,
                (unsigned long long) sim->failed);
    }

    return sim->failed == 0 && !sim->broken ? PLCTL_EXIT_OK
                                            : PLCTL_EXIT_FAILED;
}


static void
simulate_script(simulate_t *sim, const char *path)
{
    pl_err_t         err = { 0 };
    pl_str_t         text;
    pl_status_t      rc;
    plctl_play_t     play;
    plctl_script_t   script;

    rc = plctl_file(sim->ctl, path, PLCTL_SCRIPT_MAX, &text, &err);

    if (rc != PL_OK) {
        (void) plctl_fail(sim->ctl, &err);
        sim->broken = true;
        return;
    }

    if (plctl_script_parse(text, sim->ctl->ar, &script, &err) != PL_OK) {
        (void) plctl_place(sim->ctl, path, &err);
        sim->broken = true;
        return;
    }

    rc = plctl_play_begin(&play, sim->ctl, &sim->stage.world, NULL, &err);

    if (rc != PL_OK) {
        (void) plctl_fail(sim->ctl, &err);

    } else {
        rc = simulate_play(sim, path, &script, &play);
    }

    if (rc == PL_OK) {
        simulate_rest(sim, path, &play);
    }

    sim->broken |= rc != PL_OK;
    plctl_play_end(&play);
}


static pl_status_t
simulate_play(simulate_t *sim, const char *path,
    const plctl_script_t *script, plctl_play_t *play)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < script->n; i++) {
        rc = simulate_line(sim, path, script->lines[i], play);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* A line that does not hold is said; what cannot be done ends the script. */

static pl_status_t
simulate_line(simulate_t *sim, const char *path, const plctl_line_t *line,
    plctl_play_t *play)
{
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    rc = plctl_play_line(play, line, &err);

    if (plctl_play_expects(line) && (rc == PL_OK || rc == PL_NOTFOUND)) {
        simulate_said(sim, path, line, rc == PL_OK ? NULL : err.text);
        return PL_OK;
    }

    if (rc != PL_OK) {

        if (err.line == 0) {
            err.line = line->line;
            err.column = line->column;
        }

        (void) plctl_place(sim->ctl, path, &err);

        if (sim->tap) {
            simulate_said(sim, path, line, err.text);
        }
    }

    return rc;
}


/* What left and was expected by no line is a failure, too. */

static void
simulate_rest(simulate_t *sim, const char *path, const plctl_play_t *play)
{
    plctl_line_t           line;
    const plctl_event_t   *event;

    event = plctl_play_left(play);

    if (event == NULL) {
        return;
    }

    memset(&line, 0, sizeof(line));
    line.source = "the script's end";
    line.line = 1;
    line.column = 1;

    simulate_said(sim, path, &line,
                  pl_arena_printf(sim->ctl->ar, "no line expected: %s",
                                  plctl_show_line(play->world,
                                                  event->row->content)));
}


static void
simulate_said(simulate_t *sim, const char *path, const plctl_line_t *line,
    const char *reason)
{
    FILE                     *out;
    pl_err_t                  err = { 0 };
    const char               *source;
    Pl__Ctl__SimulateRow      row;

    out = sim->ctl->out;
    source = plctl_clean(sim->ctl->ar, line->source);
    sim->tests++;
    sim->failed += reason != NULL;

    if (sim->ctl->json) {
        pl__ctl__simulate_row__init(&row);
        row.script = (char *) path;
        row.line = line->line;
        row.source = (char *) line->source;
        row.holds = reason == NULL;
        row.reason = (char *) reason;

        if (plctl_json(sim->ctl, &row.base, &err) != PL_OK) {
            (void) plctl_fail(sim->ctl, &err);
            sim->broken = true;
        }

        return;
    }

    if (sim->tap) {
        fprintf(out, "%sok %llu - %s:%u: ", reason != NULL ? "not " : "",
                (unsigned long long) sim->tests, path, line->line);

        /* a "#" would begin a directive */

        for ( /* void */ ; *source != '\0'; source++) {
            fprintf(out, *source == '#' ? "\\#" : "%c", *source);
        }

        fprintf(out, "\n");

        if (reason != NULL) {
            fprintf(out, "# %s\n", plctl_clean(sim->ctl->ar, reason));
        }

        return;
    }

    if (reason != NULL) {
        fprintf(out, "%s:%u:%u: %s: %s\n", path, line->line, line->column,
                source, plctl_clean(sim->ctl->ar, reason));
    }
}
