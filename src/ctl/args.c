/*
 * Options are rows, like commands: what is read here, what help prints and
 * what a command's row allows are the same bits.
 */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "args.h"
#include "moment.h"

#define ARGS_NUMBERS                                                          \
    (PLCTL_OPT_LIMIT | PLCTL_OPT_FROM | PLCTL_OPT_TO | PLCTL_OPT_CODE         \
     | PLCTL_OPT_CAMPAIGN)


static const plctl_option_t *args_option(const char *word,
    const char **value);
static pl_status_t args_set(plctl_args_t *args, const plctl_option_t *option,
    const char *value, pl_err_t *err);
static pl_status_t args_param(const char **params, unsigned *n,
    const char *value, pl_err_t *err);
static pl_status_t args_word(plctl_args_t *args,
    const plctl_option_t *option, const char *value, pl_err_t *err);
static pl_status_t args_number(plctl_args_t *args,
    const plctl_option_t *option, const char *value, pl_err_t *err);
static unsigned args_matches(const plctl_command_t *row,
    const plctl_args_t *args);


const plctl_option_t  plctl_options[PLCTL_OPTIONS] = {
    { "store", 0, PLCTL_OPT_STORE, "DIR",
      "the store; else $" PLCTL_STORE_ENV ", else " PLCTL_STORE },
    { "json", 0, PLCTL_OPT_JSON, NULL,
      "one JSON object a line instead of text" },
    { "help", 'h', PLCTL_OPT_HELP, NULL,
      "print help, of one command where one is named" },
    { "version", 'V', PLCTL_OPT_VERSION, NULL,
      "print the versions of program, schema and engine" },
    { "limit", 0, PLCTL_OPT_LIMIT, "N",
      "list at most N rows; 100 unless given, 0 for all" },
    { "from", 0, PLCTL_OPT_FROM, "SEQ",
      "begin with this entry, or at this time: 2025-10-09T08:53" },
    { "to", 0, PLCTL_OPT_TO, "SEQ",
      "end with this entry, or before this time" },
    { "raw", 0, PLCTL_OPT_RAW, NULL,
      "show raw bodies too: they hold personal data" },
    { "compare-only", 0, PLCTL_OPT_COMPARE_ONLY, NULL,
      "fold nothing; compare the states of two stores" },
    { "text", 0, PLCTL_OPT_TEXT, "TEXT", "send this text" },
    { "template", 0, PLCTL_OPT_TEMPLATE, "NAME",
      "this template: send it, or what was made of it" },
    { "language", 0, PLCTL_OPT_LANGUAGE, "CODE",
      "in this language, as the provider writes it: es_ES" },
    { "param", 0, PLCTL_OPT_PARAM, "VALUE",
      "the next variable of the template's body; may be repeated" },
    { "file", 0, PLCTL_OPT_FILE, "PATH",
      "send what this file says: a Content as JSON; - is stdin" },
    { "media", 0, PLCTL_OPT_MEDIA, "PATH",
      "send this file: a picture, a video, a document; --text is its "
      "caption" },
    { "at", 0, PLCTL_OPT_AT, "TIME",
      "at this time, or so much later: +90s, +1d12h" },
    { "expires", 0, PLCTL_OPT_EXPIRES, "TIME",
      "never send it at this time or later" },
    { "collapse", 0, PLCTL_OPT_COLLAPSE, "KEY",
      "it replaces what waits under the same key for the same address, "
      "channel and lane" },
    { "lane", 0, PLCTL_OPT_LANE, "LANE",
      "send it as a reply (unless given), a reminder, or of a campaign" },
    { "match", 0, PLCTL_OPT_MATCH, NULL,
      "show what entries would become today that became something else" },
    { "kind", 0, PLCTL_OPT_KIND, "KIND",
      "items of this kind alone: inbound_message, delivery_status, ..." },
    { "compact", 0, PLCTL_OPT_COMPACT, NULL,
      "leave free pages out: a smaller copy, which takes longer" },
    { "with-key", 0, PLCTL_OPT_WITH_KEY, NULL,
      "copy the key too: whoever has the copy can then read the tokens" },
    { "traceparent", 0, PLCTL_OPT_TRACEPARENT, "VALUE",
      "the trace that this belongs to, as W3C's header has it" },
    { "campaign", 0, PLCTL_OPT_CAMPAIGN, "N",
      "this campaign: it belongs to it and goes in its lane, or was of it" },
    { "reason", 0, PLCTL_OPT_REASON, "TEXT",
      "why, for whoever looks at it; of a list: those whose reason has this "
      "in it" },
    { "for", 0, PLCTL_OPT_FOR, "TIME",
      "so long, and no longer: 90s, 10m, 2h, 3d" },
    { "tenant", 0, PLCTL_OPT_TENANT, "NAME", "those of this tenant" },
    { "channel", 0, PLCTL_OPT_CHANNEL, "NAME", "those of this channel" },
    { "code", 0, PLCTL_OPT_CODE, "N", "those with this provider's code" },
    { "rule", 0, PLCTL_OPT_RULE, "NAME",
      "those that this rule of policy ended" },
    { "since", 0, PLCTL_OPT_SINCE, "TIME",
      "those from then on: 2h, 3d, 2026-01-31, 2026-01-31T10:00:00Z" },
    { "until", 0, PLCTL_OPT_UNTIL, "TIME", "those before then" },
    { "all", 0, PLCTL_OPT_ALL, NULL, "all of them" },
    { "yes", 0, PLCTL_OPT_YES, NULL, "do it, to all that match" },
    { "dry-run", 0, PLCTL_OPT_DRY_RUN, NULL,
      "say how many match, and do nothing" },
    { "category", 0, PLCTL_OPT_CATEGORY, "WORD",
      "what it is for: service, utility, marketing, authentication; behind "
      "a comma, what its other form is for" },
    { "author", 0, PLCTL_OPT_AUTHOR, "WORD",
      "who sends it: a person, or a program" },
    { "business-hours", 0, PLCTL_OPT_BUSINESS, NULL,
      "not outside of the tenant's business hours" },
    { "reachable", 0, PLCTL_OPT_REACHABLE, NULL,
      "their addresses take mail: what bounced is forgotten" },
    { "otherwise-template", 0, PLCTL_OPT_OTHERWISE, "NAME",
      "the template that goes in its stead where no window is open" },
    { "otherwise-language", 0, PLCTL_OPT_OTHER_LANGUAGE, "CODE",
      "that template's language" },
    { "otherwise-param", 0, PLCTL_OPT_OTHER_PARAM, "VALUE",
      "a value for that template's body, in order; once for each" },
    { "templates", 0, PLCTL_OPT_TEMPLATES, "FILE",
      "a file of drafts: flows are held against it, or have those" },
    { "quiet-hours", 0, PLCTL_OPT_QUIET, "HOURS",
      "and against these quiet hours: 23:00-07:00" },
    { "format", 0, PLCTL_OPT_FORMAT, "FORMAT",
      "draw it for mermaid (unless given), or for dot" },
    { "source", 0, PLCTL_OPT_SOURCE, "TEXT",
      "where it was said: form.lead, call, paper" },
    { "text-version", 0, PLCTL_OPT_TEXT_VERSION, "TEXT",
      "which words were agreed to" },
    { "said", 0, PLCTL_OPT_SAID, "TIME",
      "when it was said; now unless given" },
    { "owner", 0, PLCTL_OPT_OWNER, "NAME",
      "who answers; whoever is at the keyboard unless given" },
    { "flow", 0, PLCTL_OPT_FLOW, "NAME", "begin this flow" },
    { "step", 0, PLCTL_OPT_STEP, "NAME", "at this step; else at its start" },
    { "event", 0, PLCTL_OPT_EVENT, "NAME",
      "tell this event: flows that wait for it begin" },
    { "settings", 0, PLCTL_OPT_SETTINGS, "FILE",
      "the tenant's settings, a TenantSettings as JSON" },
    { "zone", 0, PLCTL_OPT_ZONE, "ZONE",
      "whose clocks are meant: Europe/Berlin; else the settings', else UTC" },
    { "name", 0, PLCTL_OPT_NAME, "NAME", "what the person is called" },
    { "keep", 0, PLCTL_OPT_KEEP, "DIR",
      "the store is made in this folder, and stays" },
    { "cover", 0, PLCTL_OPT_COVER, NULL,
      "print which steps and branches were taken, and how often" },
    { "tap", 0, PLCTL_OPT_TAP, NULL, "print each line as a test does" },
    { "token-file", 0, PLCTL_OPT_TOKEN_FILE, "PATH",
      "the token is in this file; - is stdin" },
};


/* Where a word goes; each may be given once more, and the last one counts. */
static const struct {
    uint64_t  bit;
    size_t    offset;
} args_places[] = {
    { PLCTL_OPT_STORE, offsetof(plctl_args_t, store) },
    { PLCTL_OPT_TEXT, offsetof(plctl_args_t, text) },
    { PLCTL_OPT_TEMPLATE, offsetof(plctl_args_t, template_name) },
    { PLCTL_OPT_LANGUAGE, offsetof(plctl_args_t, language) },
    { PLCTL_OPT_FILE, offsetof(plctl_args_t, file) },
    { PLCTL_OPT_MEDIA, offsetof(plctl_args_t, media) },
    { PLCTL_OPT_AT, offsetof(plctl_args_t, at) },
    { PLCTL_OPT_EXPIRES, offsetof(plctl_args_t, expires) },
    { PLCTL_OPT_COLLAPSE, offsetof(plctl_args_t, collapse) },
    { PLCTL_OPT_LANE, offsetof(plctl_args_t, lane) },
    { PLCTL_OPT_TRACEPARENT, offsetof(plctl_args_t, traceparent) },
    { PLCTL_OPT_TENANT, offsetof(plctl_args_t, tenant) },
    { PLCTL_OPT_CHANNEL, offsetof(plctl_args_t, channel) },
    { PLCTL_OPT_RULE, offsetof(plctl_args_t, rule) },
    { PLCTL_OPT_REASON, offsetof(plctl_args_t, reason) },
    { PLCTL_OPT_FOR, offsetof(plctl_args_t, duration) },
    { PLCTL_OPT_SINCE, offsetof(plctl_args_t, since) },
    { PLCTL_OPT_UNTIL, offsetof(plctl_args_t, until) },
    { PLCTL_OPT_KIND, offsetof(plctl_args_t, kind) },
    { PLCTL_OPT_CATEGORY, offsetof(plctl_args_t, category) },
    { PLCTL_OPT_AUTHOR, offsetof(plctl_args_t, author) },
    { PLCTL_OPT_OTHERWISE, offsetof(plctl_args_t, otherwise) },
    { PLCTL_OPT_OTHER_LANGUAGE, offsetof(plctl_args_t, other_language) },
    { PLCTL_OPT_TEMPLATES, offsetof(plctl_args_t, templates) },
    { PLCTL_OPT_QUIET, offsetof(plctl_args_t, quiet) },
    { PLCTL_OPT_FORMAT, offsetof(plctl_args_t, format) },
    { PLCTL_OPT_SOURCE, offsetof(plctl_args_t, source) },
    { PLCTL_OPT_TEXT_VERSION, offsetof(plctl_args_t, text_version) },
    { PLCTL_OPT_SAID, offsetof(plctl_args_t, said) },
    { PLCTL_OPT_OWNER, offsetof(plctl_args_t, owner) },
    { PLCTL_OPT_FLOW, offsetof(plctl_args_t, flow) },
    { PLCTL_OPT_STEP, offsetof(plctl_args_t, step) },
    { PLCTL_OPT_EVENT, offsetof(plctl_args_t, event) },
    { PLCTL_OPT_SETTINGS, offsetof(plctl_args_t, settings) },
    { PLCTL_OPT_ZONE, offsetof(plctl_args_t, zone) },
    { PLCTL_OPT_NAME, offsetof(plctl_args_t, name) },
    { PLCTL_OPT_KEEP, offsetof(plctl_args_t, keep) },
    { PLCTL_OPT_TOKEN_FILE, offsetof(plctl_args_t, token_file) },
};


pl_status_t
plctl_args_parse(plctl_args_t *args, int argc, char *const *argv,
    pl_err_t *err)
{
    int                    i;
    bool                   ended;
    pl_status_t            rc;
    const char            *word, *value;
    const plctl_option_t  *option;

    memset(args, 0, sizeof(plctl_args_t));
    args->limit = PLCTL_LIMIT;
    ended = false;

    for (i = 1; i < argc; i++) {
        word = argv[i];

        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
            continue;
        }

        if (ended || word[0] != '-' || word[1] == '\0') {
            if (args->n_words == PLCTL_WORDS_MAX) {
                return pl_err_set(err, PL_INVALID, "", 0, "too many words");
            }

            args->words[args->n_words++] = word;
            continue;
        }

        option = args_option(word, &value);

        if (option == NULL) {
            return pl_err_set(err, PL_INVALID, "", 0, "unknown option %s",
                              word);
        }

        if (option->value != NULL && value == NULL && i + 1 < argc) {
            value = argv[++i];
        }

        rc = args_set(args, option, value, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


const plctl_command_t *
plctl_args_command(const plctl_command_t *rows, size_t n_rows,
    const plctl_args_t *args, unsigned *used)
{
    size_t                  i;
    unsigned                n;
    const plctl_command_t  *best;

    best = NULL;
    *used = 0;

    for (i = 0; i < n_rows; i++) {
        n = args_matches(&rows[i], args);

        if (n > *used) {
            best = &rows[i];
            *used = n;
        }
    }

    return best;
}


pl_status_t
plctl_args_check(const plctl_command_t *row, const plctl_args_t *args,
    unsigned used, pl_err_t *err)
{
    size_t    i;
    uint64_t  odd;
    unsigned  n;

    n = args->n_words - used;

    if (n < row->min || n > row->max) {
        return pl_err_set(err, PL_INVALID, row->name, 0,
                          n < row->min ? "too few arguments"
                                       : "too many arguments");
    }

    odd = args->given & ~(row->options | PLCTL_OPT_GLOBAL);

    for (i = 0; i < PLCTL_OPTIONS; i++) {
        if (odd & plctl_options[i].bit) {
            return pl_err_set(err, PL_INVALID, row->name, 0,
                              "takes no --%s", plctl_options[i].name);
        }
    }

    return PL_OK;
}


pl_status_t
plctl_args_id(const char *text, const char *prefix, uint64_t *id,
    pl_err_t *err)
{
    size_t       len;
    int64_t      n;
    const char  *digits;

    len = strlen(prefix);
    digits = text;

    if (strncmp(text, prefix, len) == 0 && text[len] == '_') {
        digits = text + len + 1;
    }

    if (pl_str_int(pl_str_c(digits), &n) != PL_OK || n < 1) {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "\"%s\" is no id like %s_17", text, prefix);
    }

    *id = (uint64_t) n;
    return PL_OK;
}


/* The row of "--name", "--name=value" or "-n"; *value NULL: none given. */

static const plctl_option_t *
args_option(const char *word, const char **value)
{
    size_t                 i, len;
    const char            *equals;
    const plctl_option_t  *row;

    equals = strchr(word, '=');
    *value = equals != NULL ? equals + 1 : NULL;
    len = equals != NULL ? (size_t) (equals - word) : strlen(word);

    for (i = 0; i < PLCTL_OPTIONS; i++) {
        row = &plctl_options[i];

        if (len == 2 && row->letter != 0 && word[1] == row->letter) {
            return row;
        }

        if (len == strlen(row->name) + 2 && word[1] == '-'
            && strncmp(word + 2, row->name, len - 2) == 0)
        {
            return row;
        }
    }

    return NULL;
}


static pl_status_t
args_set(plctl_args_t *args, const plctl_option_t *option, const char *value,
    pl_err_t *err)
{
    if ((option->value == NULL) != (value == NULL)) {
        return pl_err_set(err, PL_INVALID, "", 0, "--%s %s", option->name,
                          value == NULL ? "needs a value" : "takes no value");
    }

    args->given |= option->bit;

    if (value == NULL) {
        return PL_OK;
    }

    return option->bit & ARGS_NUMBERS
           ? args_number(args, option, value, err)
           : args_word(args, option, value, err);
}


static pl_status_t
args_param(const char **params, unsigned *n, const char *value,
    pl_err_t *err)
{
    if (*n == PLCTL_PARAMS_MAX) {
        return pl_err_set(err, PL_INVALID, "", 0, "--param: more than %d",
                          PLCTL_PARAMS_MAX);
    }

    params[(*n)++] = value;

    return PL_OK;
}


static pl_status_t
args_word(plctl_args_t *args, const plctl_option_t *option,
    const char *value, pl_err_t *err)
{
    size_t  i;

    if (option->bit == PLCTL_OPT_STORE && value[0] == '\0') {
        return pl_err_set(err, PL_INVALID, "", 0, "--store is empty");
    }

    if (option->bit == PLCTL_OPT_PARAM) {
        return args_param(args->params, &args->n_params, value, err);
    }

    if (option->bit == PLCTL_OPT_OTHER_PARAM) {
        return args_param(args->other_params, &args->n_other_params, value,
                          err);
    }

    for (i = 0; i < PL_COUNT(args_places); i++) {
        if (args_places[i].bit == option->bit) {
            *(const char **) (void *) ((char *) args + args_places[i].offset)
                = value;
        }
    }

    return PL_OK;
}


static pl_status_t
args_number(plctl_args_t *args, const plctl_option_t *option,
    const char *value, pl_err_t *err)
{
    bool     time;
    int64_t  n;

    time = (option->bit & (PLCTL_OPT_FROM | PLCTL_OPT_TO)) != 0;

    if (time && plctl_moment(value, option->bit == PLCTL_OPT_FROM
                                    ? &args->from_ms : &args->to_ms))
    {
        return PL_OK;
    }

    if (pl_str_int(pl_str_c(value), &n) != PL_OK || n < 0) {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "--%s \"%s\" is no number from 0%s", option->name,
                          value, time ? ", and no time like "
                                        "2025-10-09T08:53" : "");
    }

    switch (option->bit) {

    case PLCTL_OPT_CODE:
        if (n > INT32_MAX) {
            return pl_err_set(err, PL_INVALID, "", 0,
                              "--code \"%s\" is no code", value);
        }

        args->code = (int32_t) n;
        break;

    case PLCTL_OPT_LIMIT:
        args->limit = (uint64_t) n;
        break;

    case PLCTL_OPT_FROM:
        args->from = (uint64_t) n;
        break;

    case PLCTL_OPT_CAMPAIGN:
        args->campaign = (uint64_t) n;
        break;

    default: /* PLCTL_OPT_TO */
        args->to = (uint64_t) n;
        break;
    }

    return PL_OK;
}


/* How many words the row's name takes of the front; 0: it is not there. */

static unsigned
args_matches(const plctl_command_t *row, const plctl_args_t *args)
{
    size_t       len;
    unsigned     n;
    const char  *name;

    name = row->name;

    for (n = 0; n < args->n_words; n++) {
        len = strcspn(name, " ");

        if (strlen(args->words[n]) != len
            || strncmp(args->words[n], name, len) != 0)
        {
            return 0;
        }

        name += len;

        if (name[0] == '\0') {
            return n + 1;
        }

        name++;
    }

    return 0;
}
