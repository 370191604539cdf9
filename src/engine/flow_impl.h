/*
 * Inside of flows: what a file becomes when it is compiled, and what the
 * files share that do it.
 *
 *     flow.c            compiling, and what a flow is asked for by name
 *     flow_shape.c      rules of the file's shapes
 *     flow_mistake.c    where in the file a mistake stands
 *     flow_graph.c      edges between steps
 *     flow_reach.c      steps that nothing leads to, loops that never wait
 *     flow_check.c      steps, branches, schedules: what goes with what
 *     flow_limit.c      lengths and counts of what is said
 *     flow_names.c      variables that nobody sets
 *     flow_dated.c      tasks that are reckoned from what is no date
 *     flow_template.c   templates, against those that there are
 *     flow_calls.c      calls, against the flows that there are
 *     flow_quiet.c      times that quiet hours make impossible
 *     flow_texts.c      every text of a file
 *     flow_phrase.c     words, folded, and looked for
 *     flow_hear.c       what a person sent
 *     flow_when.c       conditions
 *     flow_value.c      what a condition asks of a value
 *     flow_trigger.c    triggers
 *     flow_ask.c        questions
 *     flow_parse.c      answers to them
 *     flow_handover.c   what is for a person
 *     flow_text.c       texts with variables
 *     flow_say.c        what is said, as contents
 *     flow_fixed.c      those that are the same for everybody
 *     flow_duration.c   "1h30m"
 *     flow_describe.c   a sentence for each word, for editors
 *     flow_answer.c     flows as they are run until run.c
 */

#ifndef PL_FLOW_IMPL_H_INCLUDED
#define PL_FLOW_IMPL_H_INCLUDED

#include "flow.h"
#include "judge.h"

#define PL_FLOW_WORD      "{{"
#define PL_FLOW_QUESTION  "question"    /* the variable that an ask gives */

/* What is looked for, or in: bare folded words in both spellings. */
typedef struct {
    pl_words_t           plain;         /* marks gone: "fur" */
    pl_words_t           umlauts;       /* "ü" is "ue": "fuer" */
} flow_phrase_t;

typedef struct {
    const flow_phrase_t *rows;
    size_t               n;
} flow_phrases_t;

typedef enum {
    FLOW_TIME_NONE = 0,
    FLOW_TIME_HOURS,
    FLOW_TIME_BUSINESS,
    FLOW_TIME_QUIET
} flow_time_e;

typedef struct {
    const Pl__FlowWhen  *row;
    const pl_pattern_t  *pattern;       /* of what was said */
    const pl_pattern_t  *matches;       /* of the value */
    flow_phrases_t       keywords;
    flow_phrases_t       words;
    flow_phrases_t       values;        /* `is` and `in` */
    flow_time_e          time;
    const pl_hours_t    *hours;
} flow_when_t;

typedef struct {
    const Pl__FlowTrigger  *row;
    const Pl__FlowStep     *step;       /* NULL: a mistake */
    const pl_pattern_t     *pattern;
    const pl_pattern_t     *referral;   /* its pattern */
    flow_phrases_t          keywords;
} flow_trigger_t;

typedef struct {
    const Pl__FlowStep  *row;           /* NULL: it asks nothing */
    pl_question_t        question;
    const char         **values;        /* of choices, by index */
} flow_ask_t;

/*
 * What of a say has no variables, frozen (wire.h): all of it, or what can be
 * tapped.
 */
typedef struct {
    const Pl__FlowSay   *say;
    bool                 whole;
    Pl__Content         *free_form;     /* of a whole one; NULL: none */
    Pl__Content         *template;
    Pl__Action          *action;        /* NULL: none, or made each time */
    Pl__TemplateButton **buttons;       /* the template's; NULL likewise */
} flow_fixed_t;

typedef struct flow_owned_s  flow_owned_t;

struct flow_owned_s {
    pl_pattern_t        *pattern;
    flow_owned_t        *next;
};

struct pl_flow_s {
    pl_arena_t          *ar;
    pl_str_t             json;          /* a copy */
    uint64_t             version;
    const Pl__FlowFile  *file;
    const Pl__FlowStep **by_name;       /* sorted */
    size_t               n_steps;
    flow_trigger_t      *triggers;
    size_t               n_triggers;
    flow_when_t         *whens;         /* sorted by row, when compiled */
    size_t               n_whens;
    size_t               max_whens;
    flow_ask_t          *asks;          /* as file->steps */
    flow_phrases_t       handover;      /* words */
    const pl_judge_t    *judge;         /* NULL: no topics */
    flow_fixed_t        *fixed;         /* sorted by say */
    size_t               n_fixed;
    flow_owned_t        *owned;         /* patterns, to be freed */
};

/* ---- a compilation under way ---------------------------------------- */

/* Variables that something sets, sorted; forms: NAME of NAME.FIELD. */
typedef struct {
    pl_str_t            *known;
    size_t               n_known;
    pl_str_t            *forms;
    size_t               n_forms;
} flow_names_t;

typedef struct {
    pl_flow_t           *flow;
    pl_flow_mistakes_t  *mistakes;
    flow_names_t         names;
    bool                 nomem;         /* nothing else counts then */
    bool                 published;     /* it was accepted once */
} flow_check_t;

typedef enum {
    FLOW_ERROR = 0,
    FLOW_UNFIT,                         /* not to be accepted; and what was
                                           accepted with it runs on */
    FLOW_WARNING
} flow_mistake_e;

/*
 * Notes a mistake at the JSON path: line and column are found in the file's
 * text. within: bytes into the string that stands there, from 1; 0 for the
 * value's own place.
 */
void pl_flow_mistake(flow_check_t *check, flow_mistake_e kind,
    const char *path, unsigned within, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The same for one whose place is known. */
void pl_flow_mistake_placed(flow_check_t *check, const pl_err_t *err);

/* A path: the base, and what is added to it. Returns path. */
const char *pl_flow_path(char path[PL_ERR_PATH_MAX], const char *base,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Zeroed, of the flow's arena; NULL is noted. */
void *pl_flow_room(flow_check_t *check, size_t n, size_t size);

/* The passes, in this order; each reports what it finds and goes on. */
void pl_flow_trigger_compile(flow_check_t *check);
void pl_flow_when_compile(flow_check_t *check);
void pl_flow_ask_compile(flow_check_t *check);
void pl_flow_handover_compile(flow_check_t *check);
void pl_flow_check_steps(flow_check_t *check);
void pl_flow_limit_check(flow_check_t *check);
void pl_flow_names_check(flow_check_t *check);
void pl_flow_dated_check(flow_check_t *check);
void pl_flow_reach_check(flow_check_t *check);
void pl_flow_fixed_compile(flow_check_t *check);

/* A pattern of the file; NULL: it is bad, and that is noted. */
const pl_pattern_t *pl_flow_pattern(flow_check_t *check, const char *path,
    const char *text);

/* A target: NULL and a mistake where there is no such step. */
const Pl__FlowStep *pl_flow_target(flow_check_t *check, const char *path,
    const char *name);

/* ---- phrases -------------------------------------------------------- */

/* Folds a text, cut at PL_TEXT_MAX; what cannot be folded has no words. */
pl_status_t pl_flow_phrase(pl_arena_t *ar, pl_str_t text,
    flow_phrase_t *phrase);

/* Compiles a list; an entry that is empty is a mistake. */
void pl_flow_phrases(flow_check_t *check, const char *path, char *const *list,
    size_t n, flow_phrases_t *phrases);

/* Which one is the whole of it, or stands in it; -1: none. */
int pl_flow_phrase_whole(const flow_phrases_t *phrases,
    const flow_phrase_t *said);
int pl_flow_phrase_within(const flow_phrases_t *phrases,
    const flow_phrase_t *said);

/* ---- values --------------------------------------------------------- */

flow_phrase_t pl_flow_said(const pl_flow_facts_t *facts);

/* What `is`, `in`, `set`, `from`, `below` and `matches` ask of a value. */
bool pl_flow_value_holds(const flow_when_t *when, const char *value,
    const pl_flow_facts_t *facts);

/* ---- texts ---------------------------------------------------------- */

/* A placeholder in a text. */
typedef struct {
    pl_str_t             name;
    pl_str_t             fallback;      /* data NULL: none */
    const char          *open;          /* its first brace */
    const char          *end;           /* behind it; NULL: never closed */
} flow_word_t;

/* The next placeholder from p on; false: none. */
bool pl_flow_text_next(const char *p, flow_word_t *word);

typedef enum {
    FLOW_TEXT = 0,
    FLOW_TEXT_PARAMETER,        /* of a template: may not be empty */
    FLOW_TEXT_URL,
    FLOW_TEXT_SAID              /* read by people: dates as they write them */
} flow_text_e;

#define PL_FLOW_DATE_MAX  48

/*
 * A value that is a date, as its language writes it (flow_date.c). False: it
 * is none, or nobody knows how. language may be NULL.
 */
bool pl_flow_date(const char *language, const char *value,
    char out[PL_FLOW_DATE_MAX]);

/* Fills; see pl_flow_fill. FLOW_TEXT_URL: values are encoded, but for one
   that the text begins with. *missing: something was left out. */
char *pl_flow_text_fill(const pl_flow_t *flow, const char *text,
    const pl_flow_vars_t *vars, flow_text_e how, pl_arena_t *ar,
    bool *missing);

/* Cuts at so many characters, in place. */
void pl_flow_text_cut(char *text, size_t chars);

/* Its language, or the file's: the provider's code. NULL: neither. */
const char *pl_flow_template_language(const pl_flow_t *flow,
    const Pl__FlowTemplate *template);

typedef void (*flow_text_pt)(flow_check_t *check, const char *path,
    const char *text, flow_text_e how);

/* Calls for every text of the file that may hold variables. */
void pl_flow_texts(flow_check_t *check, flow_text_pt call);

/* Calls for every say of the file; step: whose. */
typedef void (*flow_say_pt)(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path);
void pl_flow_says(flow_check_t *check, flow_say_pt call);

/* ---- what is said ---------------------------------------------------- */

/* A say, made. */
typedef struct {
    Pl__Content         *free_form;     /* NULL: none */
    Pl__Content         *template;
    bool                 varies;        /* with variables */
    bool                 action_varies;
    bool                 buttons_vary;  /* the template's */
} flow_made_t;

/*
 * A template as a content, variables filled. buttons: its, as they were made
 * once; NULL: they are made. made->template stays where a parameter comes out
 * empty. PL_NOMEM.
 */
pl_status_t pl_flow_template_content(const pl_flow_t *flow,
    const Pl__FlowTemplate *from, Pl__TemplateButton **buttons,
    const pl_flow_vars_t *vars, pl_arena_t *ar, flow_made_t *made);

/* Makes it in the arena, from what is fixed of it (NULL: anew). PL_NOMEM. */
pl_status_t pl_flow_say_make(const pl_flow_t *flow, const Pl__FlowSay *say,
    const flow_fixed_t *fixed, const pl_flow_vars_t *vars, pl_arena_t *ar,
    flow_made_t *made);

/* NULL: nothing of it is. */
const flow_fixed_t *pl_flow_fixed(const pl_flow_t *flow,
    const Pl__FlowSay *say);

#endif /* PL_FLOW_IMPL_H_INCLUDED */
