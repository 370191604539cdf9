/*
 * Flows: JSON files that say how a bot speaks. A file is compiled once for
 * each generation of the settings and is immutable then; apply asks it, and
 * moves from step to step itself (run.h). docs/flows.md is the language,
 * lmdb-schema/flow.proto its shape.
 *
 *     compile        the file, or every mistake in it with line and column
 *     hear           what a person sent, made ready to be looked at
 *     trigger        which step does this begin?
 *     holds          does a condition hold?
 *     parse          what did they answer to what the step asked?
 *     handover       is this for a person?
 *     content        what a step says, variables filled
 *
 * Caveats
 *
 * - Everything here is pure: what may be looked at is in pl_flow_facts_t,
 *   and two folds that are given the same facts get the same answers.
 * - Rows (Pl__FlowStep, Pl__FlowWhen, Pl__FlowSay) are the flow's own, and
 *   are known by their address: what was compiled of them is looked up by
 *   it. A copy of a row is a row that the flow does not know.
 * - A flow is immutable and may be asked by all threads; facts and their
 *   match state belong to one.
 */

#ifndef PL_FLOW_H_INCLUDED
#define PL_FLOW_H_INCLUDED

#include "../core/arena.h"
#include "../core/json.h"
#include "../core/match.h"
#include "../core/unicode.h"
#include "../core/zone.h"
#include "answer.h"
#include "flow.pb-c.h"
#include "hours.h"
#include "record.pb-c.h"

#define PL_FLOW_FILE_MAX         (1024u * 1024)     /* bytes */
#define PL_FLOW_STEPS_MAX        1000
#define PL_FLOW_TRIGGERS_MAX     1000
#define PL_FLOW_MISTAKES_MAX     50     /* that are kept of one file */
#define PL_FLOW_FIELDS_MAX       64     /* of a form's answer */
#define PL_FLOW_DURATION_MAX_MS  (366LL * 86400 * 1000)

typedef struct pl_flow_s  pl_flow_t;

/* ---- compiling ------------------------------------------------------ */

typedef struct {
    bool                    warning;    /* sound, but hardly meant so */
    pl_err_t                err;        /* path, line, column, text */
} pl_flow_mistake_t;

/* In the order of their places. About 26 KiB: not for the stack. */
typedef struct {
    size_t                  n;
    size_t                  errors;     /* warnings aside, kept or not */
    size_t                  more;       /* that were not kept */
    pl_flow_mistake_t       rows[PL_FLOW_MISTAKES_MAX];
} pl_flow_mistakes_t;

/*
 * Compiles a flow file. PL_INVALID, PL_TOOBIG with line and column of the
 * first mistake; warnings are none. What `nginx -t` and parleyctl call. The
 * flow owns its memory, and json may go.
 */
pl_status_t pl_flow_compile(pl_flow_t **flow, const pl_codec_t *codec,
    pl_str_t json, pl_err_t *err);

/*
 * One that was accepted before, for the fold: what a newer program would not
 * accept any more, though it runs (FLOW_UNFIT), is no mistake, so that no
 * conversation loses its flow, and a journal is folded as it was.
 */
pl_status_t pl_flow_published(pl_flow_t **flow, const pl_codec_t *codec,
    pl_str_t json);

/*
 * The same, and every mistake and warning is reported. Where the codec
 * refuses the file (syntax, unknown keys, bounds) that one is all there is.
 * *flow is set when the status is PL_OK.
 */
pl_status_t pl_flow_examine(pl_flow_t **flow, const pl_codec_t *codec,
    pl_str_t json, pl_flow_mistakes_t *mistakes);
void pl_flow_destroy(pl_flow_t *flow);          /* NULL is fine */

/*
 * The templates that a flow names, against those that there are: a name and
 * language that is not among the records, a number of parameters, or names,
 * that is not the template's. Mistakes are added. PL_INVALID when there was
 * an error, PL_NOMEM.
 */
pl_status_t pl_flow_check_templates(const pl_flow_t *flow,
    const Pl__TemplateRecord *const *records, size_t n,
    pl_flow_mistakes_t *mistakes);

/*
 * What quiet hours make impossible: a time that a step can never keep
 * (error), or can miss (warning). Mistakes are added; as above.
 */
pl_status_t pl_flow_check_hours(const pl_flow_t *flow,
    const pl_hours_t *quiet, pl_flow_mistakes_t *mistakes);

/*
 * Its calls of other flows, against the n flows that there are, itself among
 * them or not: one that is none of them (error where these are all, warning
 * where there may be others), a step that it has not, no start. As above.
 */
pl_status_t pl_flow_check_calls(const pl_flow_t *flow,
    const pl_flow_t *const *flows, size_t n, bool all,
    pl_flow_mistakes_t *mistakes);

/* ---- what it is made of --------------------------------------------- */

const char *pl_flow_name(const pl_flow_t *flow);

/* First 8 bytes of SHA-256 over the file's bytes. */
uint64_t pl_flow_version(const pl_flow_t *flow);
const Pl__FlowFile *pl_flow_file(const pl_flow_t *flow);

/* NULL: no such step. */
const Pl__FlowStep *pl_flow_step(const pl_flow_t *flow, const char *name);

/* For an answer, or for any message. */
bool pl_flow_waits(const Pl__FlowStep *step);

/* `start`; without one, `default`; NULL: neither. */
const Pl__FlowStep *pl_flow_start(const pl_flow_t *flow);

/* For what no trigger of any flow matches; NULL: the flow has none. */
const Pl__FlowStep *pl_flow_default(const pl_flow_t *flow);

/* "90s", "30m", "22h", "2d", "1h30m", each with or without a '-'. False: it
   is none, or is longer than PL_FLOW_DURATION_MAX_MS. */
bool pl_flow_duration(const char *text, int64_t *ms);

/* ---- facts ---------------------------------------------------------- */

/* NULL: nobody knows. */
typedef bool (*pl_flow_template_pt)(const void *data, const char *name,
    const char *language);

/*
 * All that a trigger or a condition may look at. Zeroed, then filled; what
 * is NULL or 0 is not known, and a condition on it does not hold. The first
 * part is filled by pl_flow_hear.
 */
typedef struct {
    /* what came */
    const Pl__Content      *content;    /* NULL: nothing was said */
    pl_str_t                text;       /* text, caption, title of what was
                                           tapped; as it came */
    pl_words_t              words;      /* of it, folded, marks gone */
    pl_words_t              umlauts;    /* the same, "ü" as "ue" */
    const char             *tapped;     /* id of a button or row */
    Pl__Variable          **fields;     /* of a form's answer */
    size_t                  n_fields;

    /* what else happened */
    uint64_t                message;    /* its number */
    bool                    first_message;      /* of this person */
    const Pl__Referral     *referral;
    const char             *opt_in;     /* category that was granted */
    const char             *event;
    bool                    joined_group;

    /* who and where */
    const Pl__Contact      *contact;
    const Pl__Conversation *conv;       /* variables, tags, status */
    uint32_t                channel;
    int64_t                 window_ms;  /* free forms may go before; 0 */
    int64_t                 free_ms;    /* templates cost nothing before */
    pl_flow_template_pt     template_ready;     /* NULL: none can be sent */
    const void             *data;       /* of that call */

    /* when */
    int64_t                 now_ms;
    const pl_zone_t        *zone;       /* of the person; NULL: UTC */
    const pl_hours_t       *business;   /* NULL: there are none, and a */
    const pl_hours_t       *quiet;      /* condition on them does not hold */

    pl_match_state_t       *match;
    pl_arena_t             *ar;         /* for what is folded on the way;
                                           pl_flow_hear sets it */
} pl_flow_facts_t;

/*
 * Fills the first part from a message's content; NULL clears it. codec is
 * for the answers of forms. What it points to is the content's or the
 * arena's. PL_NOMEM alone: what cannot be read is not there.
 */
pl_status_t pl_flow_hear(pl_flow_facts_t *facts, const pl_codec_t *codec,
    const Pl__Content *content, pl_arena_t *ar);

/* ---- triggers and conditions ---------------------------------------- */

typedef struct {
    const Pl__FlowTrigger  *trigger;
    const Pl__FlowStep     *step;
    const char             *name;       /* for audit: its own, or
                                           "triggers[2]" */
    Pl__Variable          **variables;  /* of the pattern's groups */
    size_t                  n_variables;
} pl_flow_begin_t;

/*
 * The first trigger that holds; `default` is not one of them, so that all
 * flows of a tenant can be asked before any default is taken. Variables and
 * name are in the arena. False: none.
 */
bool pl_flow_trigger(const pl_flow_t *flow, const pl_flow_facts_t *facts,
    pl_arena_t *ar, pl_flow_begin_t *begin);

/* when NULL or empty: it holds. */
bool pl_flow_holds(const pl_flow_t *flow, const Pl__FlowWhen *when,
    const pl_flow_facts_t *facts);

/* ---- answers -------------------------------------------------------- */

typedef struct {
    pl_meant_e              meant;      /* NONE, UNCLEAR, READ */
    const char             *value;      /* READ: of the variable `ask.save` */
    const char             *reason;     /* else: a word of docs/answers.md */
    Pl__Variable          **fields;     /* of a form: NAME.FIELD */
    size_t                  n_fields;
} pl_flow_answer_t;

/*
 * Reads what came as the answer to what the step asks. Choices that the
 * file does not give are the buttons or rows of its say. PL_MISUSE: it asks
 * nothing; PL_NOMEM.
 */
pl_status_t pl_flow_parse(const pl_flow_t *flow, const Pl__FlowStep *step,
    const pl_flow_facts_t *facts, pl_arena_t *ar, pl_flow_answer_t *answer);

typedef struct {
    const char             *reason;     /* "asked", or a topic's name */
    const char             *evidence;   /* words of the file's lists and none
                                           of the person's */
    int32_t                 score;      /* thousandths; of "asked" 1000 */
    int32_t                 threshold;
    const Pl__FlowStep     *step;       /* to be run before; NULL */
} pl_flow_handover_t;

/*
 * Is what was said for a person to answer? By the words and topics of the
 * file's `handover`; words come first, then the first topic that is met.
 * PL_NOTFOUND: no; PL_NOMEM.
 */
pl_status_t pl_flow_handover(const pl_flow_t *flow,
    const pl_flow_facts_t *facts, pl_arena_t *ar,
    pl_flow_handover_t *handover);

/* The step that is run before a misunderstood person is handed over; NULL. */
const Pl__FlowStep *pl_flow_handover_lost(const pl_flow_t *flow);

/* Misunderstandings in a row that are borne; the one past them hands over. */
uint32_t pl_flow_patience(const pl_flow_t *flow);

/* ---- what it says --------------------------------------------------- */

/* Where variables come from. */
typedef struct {
    const Pl__Contact      *contact;    /* or NULL */
    Pl__Variable *const    *rows;
    size_t                  n_rows;
    const Pl__FlowRun      *run;        /* that waits, of any flow; or NULL */
    const Pl__FlowStep     *asks;       /* of this flow, right now; or NULL */
} pl_flow_vars_t;

/*
 * A variable's value, or NULL: "question" is that of the flow's step which
 * asks, or waits; else of the rows; else of the contact ("name",
 * "first_name"); else the file's. One that is empty has none.
 */
const char *pl_flow_value(const pl_flow_t *flow, const pl_flow_vars_t *vars,
    const char *name, pl_arena_t *ar);

/* Of a variable: is it of letters, digits, '-', '_', with '.' between? */
bool pl_flow_name_valid(pl_str_t name);

/*
 * A text with {{name}} and {{name|fallback}} filled once: what they bring in
 * is never expanded again. One that has neither value nor fallback is left
 * out, and the blanks before it ("Hey {{name}}, ..." is "Hey, ..."); the
 * compiler allows such ones only where the flow sets them. Cut at
 * PL_TEXT_MAX on a character's edge. NULL: the arena is full.
 */
const char *pl_flow_fill(const pl_flow_t *flow, const char *text,
    const pl_flow_vars_t *vars, pl_arena_t *ar);

/*
 * What a say is as contents, cut to what a channel takes. Either may be
 * NULL: a say without free form has no *free, one without template, or with
 * a parameter that comes out empty, no *template. PL_NOMEM.
 */
pl_status_t pl_flow_content(const pl_flow_t *flow, const Pl__FlowSay *say,
    const pl_flow_vars_t *vars, pl_arena_t *ar, Pl__Content **free_form,
    Pl__Content **template);

/* Rows of rules of the flow file's shapes. */
extern const pl_rules_t  pl_flow_rules;

/* ---- as it was, until run.c ------------------------------------------ */

typedef struct {
    pl_str_t                text;       /* what the person said */
    const char             *name;       /* contact's, or NULL */
    pl_match_state_t       *match;
} pl_flow_in_t;

typedef struct {
    const char             *step;
    uint32_t                after_s;    /* 0: now */
    Pl__Variable          **variables;
    size_t                  n_variables;
} pl_flow_out_t;

/* Trigger or default by what was said alone; then the text of a step. */
bool pl_flow_answer(const pl_flow_t *flow, const pl_flow_in_t *in,
    pl_arena_t *ar, pl_flow_out_t *out);
const char *pl_flow_say(const pl_flow_t *flow, const char *step,
    const char *name, Pl__Variable *const *variables, size_t n_variables,
    pl_arena_t *ar);

#endif /* PL_FLOW_H_INCLUDED */
