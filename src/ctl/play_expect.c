/*
 * Expectations. See play.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/match.h"
#include "../core/str.h"
#include "local.h"
#include "play.h"
#include "show.h"

static pl_status_t expect_leaves(plctl_play_t *play,
    const plctl_line_t *line, pl_err_t *err);
static pl_status_t expect_rest(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Content *content, pl_err_t *err);
static pl_status_t expect_template(plctl_play_t *play,
    const plctl_line_t *line, const Pl__Template *sent, pl_err_t *err);
static pl_status_t expect_choices(const plctl_line_t *line, unsigned from,
    const Pl__Content *content, pl_err_t *err);
static pl_status_t expect_nothing(const plctl_play_t *play, pl_err_t *err);
static pl_status_t expect_policy(plctl_play_t *play,
    const plctl_line_t *line, Pl__AuditKind kind, pl_err_t *err);
static pl_status_t expect_refused(plctl_play_t *play,
    const plctl_line_t *line, pl_err_t *err);
static plctl_event_t *expect_next(plctl_play_t *play,
    plctl_event_e kind, int audit);
static bool expect_theirs(const plctl_play_t *play,
    const Pl__Message *message);


pl_status_t
plctl_play_expect(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err)
{
    switch (line->verb) {
    case PLCTL_VERB_LEAVES:
        return expect_leaves(play, line, err);
    case PLCTL_VERB_NOTHING:
        return expect_nothing(play, err);
    case PLCTL_VERB_BLOCKED:
        return expect_policy(play, line,
                             PL__AUDIT_KIND__AUDIT_KIND_BLOCKED, err);
    case PLCTL_VERB_DEFERRED:
        return expect_policy(play, line,
                             PL__AUDIT_KIND__AUDIT_KIND_DEFERRED, err);
    case PLCTL_VERB_REFUSED:
        return expect_refused(play, line, err);
    default:
        return plctl_play_state(play, line, err);
    }
}


pl_status_t
plctl_play_not(pl_err_t *err, const char *fmt, ...)
{
    char     text[PL_ERR_TEXT_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    return pl_err_set(err, PL_NOTFOUND, "", 0, "%s", text);
}


pl_status_t
plctl_play_match(const plctl_line_t *line, unsigned i, const char *text,
    pl_err_t *err)
{
    bool                  found;
    pl_err_t              why;
    const plctl_word_t   *word;
    pl_pattern_t         *pattern;
    pl_match_state_t     *state;

    word = &line->words[i];

    if (!word->pattern) {
        return plctl_script_glob(word->text, text) ? PL_OK : PL_NOTFOUND;
    }

    if (pl_pattern_compile(&pattern, pl_str_c(word->text), &why) != PL_OK) {
        return plctl_script_mistake(line, i, err, "is no pattern: %s",
                                    why.text);
    }

    state = pl_match_state_create();
    if (state == NULL) {
        pl_pattern_destroy(pattern);
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    found = pl_match(pattern, state, pl_str_c(text), NULL);
    pl_match_state_destroy(state);
    pl_pattern_destroy(pattern);

    return found ? PL_OK : PL_NOTFOUND;
}


pl_status_t
plctl_play_same(const plctl_line_t *line, unsigned i, const char *what,
    const char *text, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_play_match(line, i, text != NULL ? text : "", err);

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    return text != NULL ? plctl_play_not(err, "%s %s", what, text)
                        : plctl_play_not(err, "there is none");
}


/*
 * < KIND [WORDS [ID...]], < template NAME ..., < any. What left is taken even
 * where it is another one, so that the lines behind stay in step.
 */

static pl_status_t
expect_leaves(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    pl_status_t           rc;
    const char           *kind, *left;
    plctl_event_t        *event;
    const Pl__Content    *content;

    event = expect_next(play, PLCTL_EVENT_LEFT, 0);
    if (event == NULL) {
        return plctl_play_not(err, "nothing has left");
    }

    event->taken = true;
    content = event->row->content;
    kind = plctl_show_kind(content);
    left = plctl_show_line(play->world, content);

    if (strcmp(line->words[0].text, "any") == 0) {
        rc = PL_OK;

    } else if (strcmp(line->words[0].text, kind) != 0) {
        rc = PL_NOTFOUND;

    } else if (content->of_case == PL__CONTENT__OF_TEMPLATE) {
        rc = expect_template(play, line, content->template_, err);

    } else {
        rc = expect_rest(play, line, content, err);
    }

    return rc == PL_NOTFOUND ? plctl_play_not(err, "left: %s", left) : rc;
}


static pl_status_t
expect_rest(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Content *content, pl_err_t *err)
{
    pl_status_t  rc;

    if (line->n_words == 1) {
        return PL_OK;
    }

    rc = plctl_play_match(line, 1, plctl_show_words(play->world, content),
                          err);

    return rc == PL_OK && line->n_words > 2
           ? expect_choices(line, 2, content, err) : rc;
}


/* NAME [language CODE] [text WORDS] [body VALUE...] */

static pl_status_t
expect_template(plctl_play_t *play, const plctl_line_t *line,
    const Pl__Template *sent, pl_err_t *err)
{
    size_t        k;
    unsigned      i;
    pl_status_t   rc;
    Pl__Content   content = PL__CONTENT__INIT;

    if (line->n_words == 1) {
        return PL_OK;
    }

    rc = plctl_play_match(line, 1, sent->name, err);

    for (i = 2; rc == PL_OK && i < line->n_words; i += 2) {

        if (strcmp(line->words[i].text, "body") == 0) {

            for (k = 0, i++; rc == PL_OK && i < line->n_words; k++, i++) {
                rc = k < sent->n_body
                     ? plctl_play_match(line, i, sent->body[k]->text, err)
                     : PL_NOTFOUND;
            }

            return rc == PL_OK && k != sent->n_body ? PL_NOTFOUND : rc;
        }

        if (i + 1 == line->n_words) {
            return plctl_script_mistake(line, i, err,
                                        "is followed by nothing");
        }

        if (strcmp(line->words[i].text, "language") == 0) {
            rc = plctl_play_match(line, i + 1, sent->language, err);

        } else if (strcmp(line->words[i].text, "text") == 0) {
            content.of_case = PL__CONTENT__OF_TEMPLATE;
            content.template_ = (Pl__Template *) sent;
            rc = plctl_play_match(line, i + 1,
                                  plctl_show_words(play->world, &content),
                                  err);

        } else {
            return plctl_script_mistake(line, i, err,
                                        "is not one of language, text and "
                                        "body");
        }
    }

    return rc;
}


/* All that there is to tap, in its order. */

static pl_status_t
expect_choices(const plctl_line_t *line, unsigned from,
    const Pl__Content *content, pl_err_t *err)
{
    unsigned      i;
    pl_status_t   rc;
    const char   *id, *title;

    for (i = 0; from + i < line->n_words; i++) {

        if (!plctl_show_choice(content, i, &id, &title)) {
            return PL_NOTFOUND;
        }

        rc = plctl_play_match(line, from + i, id, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return plctl_show_choice(content, i, &id, &title) ? PL_NOTFOUND : PL_OK;
}


static pl_status_t
expect_nothing(const plctl_play_t *play, pl_err_t *err)
{
    const plctl_event_t  *event;

    event = plctl_play_left(play);

    return event == NULL
           ? PL_OK
           : plctl_play_not(err, "left: %s",
                            plctl_show_line(play->world,
                                            event->row->content));
}


/* RULE, and of what was deferred [until TIME]. */

static pl_status_t
expect_policy(plctl_play_t *play, const plctl_line_t *line,
    Pl__AuditKind kind, pl_err_t *err)
{
    pl_status_t       rc;
    const char       *rule;
    plctl_event_t    *event;

    event = expect_next(play, PLCTL_EVENT_AUDIT, (int) kind);
    if (event == NULL) {
        return plctl_play_not(err, "policy said no such thing");
    }

    event->taken = true;
    rule = event->audit->rule != NULL ? event->audit->rule : "";

    rc = plctl_play_same(line, 0, "by rule", rule, err);
    if (rc != PL_OK || line->n_words == 1) {
        return rc;
    }

    if (strcmp(line->words[1].text, "until") != 0 || line->n_words != 3) {
        return plctl_script_mistake(line, 1, err,
                                    "is followed by until TIME, or nothing");
    }

    return plctl_local_is(play->person->zone, line->words[2].text,
                          event->until_ms)
           ? PL_OK
           : plctl_play_not(err, "until %s",
                            plctl_local_print(play->ctl->ar,
                                              play->person->zone,
                                              event->until_ms));
}


static pl_status_t
expect_refused(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    plctl_event_t   *event;
    const char      *code;

    event = expect_next(play, PLCTL_EVENT_REFUSED, 0);
    if (event == NULL) {
        return plctl_play_not(err, "the provider refused nothing");
    }

    event->taken = true;

    code = event->result == NULL || !event->result->has_code ? "none"
           : pl_arena_printf(play->ctl->ar, "%" PRId32,
                             event->result->code);

    return plctl_play_same(line, 0, "with", code != NULL ? code : "", err);
}


/* The first event of this kind about the person that no line has taken. */

static plctl_event_t *
expect_next(plctl_play_t *play, plctl_event_e kind, int audit)
{
    size_t          i, n;
    plctl_event_t  *events, *e;

    n = plctl_world_events(play->world, &events);

    for (i = 0; i < n; i++) {
        e = &events[i];

        if (e->kind == kind && !e->taken && expect_theirs(play, e->row)
            && (kind != PLCTL_EVENT_AUDIT || (int) e->audit->kind == audit))
        {
            return e;
        }
    }

    return NULL;
}


/* What is about no message may be about anybody. */

static bool
expect_theirs(const plctl_play_t *play, const Pl__Message *message)
{
    return message == NULL || message->contact == play->person->party.party;
}
