/*
 * Deeds. See play.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "local.h"
#include "moment.h"
#include "play.h"

#define PLAY_PASS_MAX_MS  (10LL * 366 * 86400 * 1000)
#define PLAY_PHONE        "4915510000%03zu"     /* of the n-th person */
#define PLAY_NAME         "Anna"                /* where no line names one */

static pl_status_t play_at(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_pass(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_contact(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_person(plctl_play_t *play, const char *name,
    pl_err_t *err);
static pl_status_t play_known(plctl_play_t *play, const plctl_line_t *line,
    unsigned i, pl_err_t *err);
static pl_status_t play_deed(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_other(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_start(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_send(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static char *play_variable(const plctl_play_t *play,
    const plctl_line_t *line, size_t i);
static pl_status_t play_status(plctl_play_t *play, const plctl_line_t *line,
    pl_err_t *err);
static pl_status_t play_provider(plctl_play_t *play,
    const plctl_line_t *line, pl_err_t *err);
static pl_status_t play_done(const plctl_line_t *line, pl_status_t rc,
    pl_err_t *err);


pl_status_t
plctl_play_begin(plctl_play_t *play, plctl_t *ctl,
    const plctl_world_conf_t *conf, const char *zone_name, pl_err_t *err)
{
    memset(play, 0, sizeof(*play));
    play->ctl = ctl;
    play->conf = *conf;
    play->zone = pl_zone_universal();

    if (zone_name == NULL) {
        zone_name = conf->tenant->time_zone;
    }

    return zone_name == NULL
           ? PL_OK : plctl_local_zone(ctl, zone_name, &play->zone, err);
}


void
plctl_play_end(plctl_play_t *play)
{
    plctl_world_close(play->world);
    play->world = NULL;
}


/* Without a time of its own it begins at one that is always the same. */

pl_status_t
plctl_play_world(plctl_play_t *play, pl_err_t *err)
{
    if (play->world != NULL) {
        return PL_OK;
    }

    if (play->conf.now_ms == 0
        && !plctl_local_moment(play->zone, PLCTL_PLAY_BEGIN,
                               &play->conf.now_ms))
    {
        return pl_err_set(err, PL_INVALID, "", 0, "is no time");
    }

    return plctl_world_open(&play->world, play->ctl, &play->conf, err);
}


pl_status_t
plctl_play_line(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    pl_status_t  rc;

    if (line->verb == PLCTL_VERB_AT) {
        return play_at(play, line, err);
    }

    rc = plctl_play_world(play, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (line->verb == PLCTL_VERB_CONTACT) {
        return play_contact(play, line, err);
    }

    if (line->verb == PLCTL_VERB_PASS) {
        return play_pass(play, line, err);
    }

    if (line->verb == PLCTL_VERB_PROVIDER) {
        return play_provider(play, line, err);
    }

    if (play->person == NULL) {
        rc = play_person(play, PLAY_NAME, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return plctl_play_expects(line) ? plctl_play_expect(play, line, err)
                                    : play_deed(play, line, err);
}


bool
plctl_play_expects(const plctl_line_t *line)
{
    return line->verb >= PLCTL_VERB_LEAVES;
}


const plctl_event_t *
plctl_play_left(const plctl_play_t *play)
{
    size_t          i, n;
    plctl_event_t  *events;

    if (play->world == NULL) {
        return NULL;
    }

    n = plctl_world_events(play->world, &events);

    for (i = 0; i < n; i++) {
        if (events[i].kind == PLCTL_EVENT_LEFT && !events[i].taken) {
            return &events[i];
        }
    }

    return NULL;
}


static pl_status_t
play_at(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    int64_t      ms;
    pl_status_t  rc;

    if (line->n_words == 2) {
        rc = plctl_local_zone(play->ctl, line->words[1].text, &play->zone,
                              err);
        if (rc != PL_OK) {
            return plctl_script_mistake(line, 1, err,
                                        "there is no such time zone");
        }
    }

    if (!plctl_local_moment(play->zone, line->words[0].text, &ms)) {
        return plctl_script_mistake(line, 0, err,
                                    "is no time: 2027-03-01T10:00");
    }

    if (play->world == NULL) {
        play->conf.now_ms = ms;
        return plctl_play_world(play, err);
    }

    if (ms < plctl_world_now(play->world)) {
        return plctl_script_mistake(line, 0, err,
                                    "the clock does not run back: it is %s",
                                    plctl_local_print(play->ctl->ar,
                                        play->zone,
                                        plctl_world_now(play->world)));
    }

    return play_done(line, plctl_world_turn(play->world, ms, err), err);
}


static pl_status_t
play_pass(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    int64_t  ms;

    if (!plctl_span(line->words[0].text, PLAY_PASS_MAX_MS, &ms)) {
        return plctl_script_mistake(line, 0, err,
                                    "is no time that passes: +1h30m");
    }

    return play_done(line,
                     plctl_world_turn(play->world,
                                      plctl_world_now(play->world) + ms,
                                      err),
                     err);
}


/* Who is named again is the same person, and may be known better now. */

static pl_status_t
play_contact(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    unsigned     i;
    pl_status_t  rc;

    rc = play_person(play, line->words[0].text, err);
    if (rc != PL_OK) {
        return play_done(line, rc, err);
    }

    if (line->n_words % 2 == 0) {
        return plctl_script_mistake(line, line->n_words, err,
                                    "a value is missing");
    }

    for (i = 1; i < line->n_words; i += 2) {
        rc = play_known(play, line, i, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return play_done(line, plctl_talk_know(play->world, play->person, err),
                     err);
}


static pl_status_t
play_person(plctl_play_t *play, const char *name, pl_err_t *err)
{
    size_t           i;
    plctl_person_t  *person;

    for (i = 0; i < play->n_persons; i++) {
        if (strcmp(play->persons[i].name, name) == 0) {
            play->person = &play->persons[i];
            return PL_OK;
        }
    }

    if (play->n_persons == PLCTL_PLAY_PERSONS_MAX) {
        return pl_err_set(err, PL_TOOBIG, "", 0,
                          "a script has at most %d persons",
                          PLCTL_PLAY_PERSONS_MAX);
    }

    person = &play->persons[play->n_persons++];
    memset(person, 0, sizeof(*person));
    person->name = pl_arena_str(play->ctl->ar, pl_str_c(name));
    person->phone = pl_arena_printf(play->ctl->ar, PLAY_PHONE,
                                    play->n_persons);
    person->zone = play->zone;
    play->person = person;

    return person->name != NULL && person->phone != NULL
           ? PL_OK : pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
}


static pl_status_t
play_known(plctl_play_t *play, const plctl_line_t *line, unsigned i,
    pl_err_t *err)
{
    const char      *word, *value;
    pl_status_t      rc;
    plctl_person_t  *person;

    person = play->person;
    word = line->words[i].text;
    value = line->words[i + 1].text;

    if (strcmp(word, "language") == 0) {
        person->language = value;
        return PL_OK;
    }

    if (strcmp(word, "phone") == 0) {
        if (person->party.party != 0) {
            return plctl_script_mistake(line, i, err,
                                        "they are known by another phone");
        }

        person->phone = value;
        return PL_OK;
    }

    if (strcmp(word, "zone") == 0) {
        rc = plctl_local_zone(play->ctl, value, &person->zone, err);
        if (rc != PL_OK) {
            return plctl_script_mistake(line, i + 1, err,
                                        "there is no such time zone");
        }

        person->zone_name = value;
        return PL_OK;
    }

    return plctl_script_mistake(line, i, err,
                                "is not one of language, zone and phone");
}


/* What the person does. */

static pl_status_t
play_deed(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    pl_status_t           rc;
    plctl_world_t        *world;
    plctl_person_t       *person;
    const plctl_word_t   *w;

    world = play->world;
    person = play->person;
    w = line->words;

    switch (line->verb) {

    case PLCTL_VERB_SAY:
        rc = plctl_talk_say(world, person, w[0].text, err);
        break;

    case PLCTL_VERB_TAP:
        rc = plctl_talk_tap(world, person, w[0].text, err);
        break;

    case PLCTL_VERB_FORM:
        rc = plctl_talk_form(world, person, w[0].text,
                             line->n_words > 1 ? w[1].text : NULL, err);
        err->line = 0;                  /* of the JSON, not of the script */
        break;

    case PLCTL_VERB_PLACE:
        rc = plctl_talk_place(world, person, w[0].text, w[1].text, err);
        break;

    case PLCTL_VERB_MEDIA:
        rc = plctl_talk_media(world, person, w[0].text,
                              line->n_words > 1 ? w[1].text : NULL, err);
        break;

    case PLCTL_VERB_REFERRAL:
        rc = plctl_talk_referral(world, person, w[0].text, w[1].text,
                                 line->n_words > 2 ? w[2].text : NULL, err);
        break;

    case PLCTL_VERB_OPTIN:
    case PLCTL_VERB_OPTOUT:
        rc = plctl_talk_consent(world, person, w[0].text,
                                line->verb == PLCTL_VERB_OPTIN, err);
        break;

    default:
        return play_other(play, line, err);
    }

    return play_done(line, rc, err);
}


/* What agents and programs do. */

static pl_status_t
play_other(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    pl_status_t           rc;
    plctl_world_t        *world;
    plctl_person_t       *person;
    const plctl_word_t   *w;

    world = play->world;
    person = play->person;
    w = line->words;

    switch (line->verb) {

    case PLCTL_VERB_AGENT:
        rc = plctl_talk_agent(world, person, w[0].text, err);
        break;

    case PLCTL_VERB_ECHO:
        rc = plctl_talk_echo(world, person, w[0].text, err);
        break;

    case PLCTL_VERB_TAKE:
        rc = plctl_talk_owner(world, person, PLCTL_TALK_AGENT,
                              line->n_words > 0 ? w[0].text : NULL, err);
        break;

    case PLCTL_VERB_RELEASE:
        rc = plctl_talk_owner(world, person, NULL, NULL, err);
        break;

    case PLCTL_VERB_EVENT:
    case PLCTL_VERB_START:
        rc = play_start(play, line, err);
        break;

    case PLCTL_VERB_SEND:
        rc = play_send(play, line, err);
        break;

    default:
        rc = play_status(play, line, err);
        break;
    }

    return play_done(line, rc, err);
}


static pl_status_t
play_start(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    unsigned             i;
    const char          *equals;
    Pl__Variable         rows[PLCTL_SCRIPT_WORDS_MAX];
    Pl__Variable        *variables[PLCTL_SCRIPT_WORDS_MAX];
    plctl_talk_start_t   start;

    memset(&start, 0, sizeof(start));

    if (line->verb == PLCTL_VERB_START) {
        start.flow = line->words[0].text;
        start.step = line->n_words > 1 ? line->words[1].text : NULL;
        return plctl_talk_start(play->world, play->person, &start, err);
    }

    start.event = line->words[0].text;
    start.variables = variables;

    for (i = 1; i < line->n_words; i++) {
        equals = strchr(line->words[i].text, '=');

        if (equals == NULL || equals == line->words[i].text) {
            return plctl_script_mistake(line, i, err,
                                        "is no VARIABLE=VALUE");
        }

        pl__variable__init(&rows[i]);
        rows[i].name = pl_arena_str(play->ctl->ar, (pl_str_t) {
            (const uint8_t *) line->words[i].text,
            (size_t) (equals - line->words[i].text) });
        rows[i].value = (char *) equals + 1;

        if (rows[i].name == NULL) {
            return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
        }

        variables[start.n_variables++] = &rows[i];
    }

    return plctl_talk_start(play->world, play->person, &start, err);
}


static pl_status_t
play_send(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    unsigned                i;
    Pl__Text                text = PL__TEXT__INIT;
    Pl__Content             content = PL__CONTENT__INIT;
    Pl__Template            template = PL__TEMPLATE__INIT;
    Pl__TemplateParameter   rows[PLCTL_SCRIPT_WORDS_MAX];
    Pl__TemplateParameter  *body[PLCTL_SCRIPT_WORDS_MAX];

    if (strcmp(line->words[0].text, "text") == 0) {
        text.body = (char *) line->words[1].text;
        content.type = (char *) "text";
        content.of_case = PL__CONTENT__OF_TEXT;
        content.text = &text;
        return plctl_talk_send(play->world, play->person, &content, false,
                               err);
    }

    if (strcmp(line->words[0].text, "template") != 0 || line->n_words < 3) {
        return plctl_script_mistake(line, 0, err,
                                    "\"send\" takes text TEXT, or template "
                                    "NAME LANGUAGE [VALUE]...");
    }

    template.name = (char *) line->words[1].text;
    template.language = (char *) line->words[2].text;
    template.body = body;

    for (i = 3; i < line->n_words; i++) {
        pl__template_parameter__init(&rows[i]);
        rows[i].text = (char *) line->words[i].text;
        rows[i].name = play_variable(play, line, i - 3);
        body[template.n_body++] = &rows[i];
    }

    content.type = (char *) "template";
    content.of_case = PL__CONTENT__OF_TEMPLATE;
    content.template_ = &template;

    return plctl_talk_send(play->world, play->person, &content, false, err);
}


/* Where a template's variables have names, values take them in order. */

static char *
play_variable(const plctl_play_t *play, const plctl_line_t *line, size_t i)
{
    const Pl__TemplateRecord  *record;

    record = plctl_world_template(play->world, line->words[1].text,
                                  line->words[2].text);

    return record != NULL && record->has_named && record->named
           && record->body != NULL && i < record->body->n_variables
           ? record->body->variables[i] : NULL;
}


/* Of the last message that left for this person. */

static pl_status_t
play_status(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    size_t          i;
    uint64_t        message;
    plctl_event_t  *events;

    message = 0;

    for (i = plctl_world_events(play->world, &events); i > 0; i--) {
        if (events[i - 1].kind == PLCTL_EVENT_LEFT
            && events[i - 1].row->contact == play->person->party.party)
        {
            message = events[i - 1].message;
            break;
        }
    }

    if (message == 0) {
        return plctl_script_mistake(line, 0, err, "no message has left yet");
    }

    return plctl_world_status(play->world, message, line->words[0].text,
                              err);
}


static pl_status_t
play_provider(plctl_play_t *play, const plctl_line_t *line, pl_err_t *err)
{
    int64_t            code;
    const char        *word;
    plctl_provider_e   how;

    word = line->words[0].text;
    code = 0;

    if (strcmp(word, "ok") == 0) {
        how = PLCTL_PROVIDER_OK;

    } else if (strcmp(word, "hold") == 0) {
        how = PLCTL_PROVIDER_HOLD;

    } else {
        how = strcmp(word, "http") == 0 && line->n_words == 2
              ? PLCTL_PROVIDER_HTTP : PLCTL_PROVIDER_CODE;

        if (pl_str_int(pl_str_c(line->words[line->n_words - 1].text), &code)
                != PL_OK
            || code < 0 || code > INT32_MAX
            || (how == PLCTL_PROVIDER_CODE && line->n_words != 1)
            || (how == PLCTL_PROVIDER_HTTP && (code < 200 || code > 599)))
        {
            return plctl_script_mistake(line, 0, err,
                                        "\"provider\" takes ok, hold, CODE, "
                                        "or http STATUS");
        }
    }

    return play_done(line,
                     plctl_world_provider(play->world, how, (int) code, err),
                     err);
}


/* What was refused is a mistake of the line that asked for it. */

static pl_status_t
play_done(const plctl_line_t *line, pl_status_t rc, pl_err_t *err)
{
    if (rc == PL_OK || (err->line != 0 && rc == PL_INVALID)) {
        return rc;
    }

    err->line = line->line;
    err->column = line->n_words != 0 ? line->words[0].column : line->column;

    return rc;
}
