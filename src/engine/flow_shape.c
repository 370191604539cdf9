/*
 * Rules of the flow file's shapes: what flow.proto cannot say. All of them
 * are closed and bounded; the answer of a form is somebody else's and open.
 */

#include "flow_impl.h"
#include "flow_limit.h"

#define SHAPE_LIST_MAX      100         /* of words, of one condition */
#define SHAPE_BRANCHES_MAX  100         /* of a step */
#define SHAPE_SETS_MAX      PL_VARIABLES_MAX
#define SHAPE_TEXT_MAX      1024
#define SHAPE_NUMBER_MAX    1000000000000LL     /* answer.h's, in units */
#define SHAPE_TOPICS_MAX    32
#define SHAPE_WORDS_MAX     2048        /* of a topic */
#define SHAPE_DURATION_MAX  32          /* bytes */

#define MAP(shape, field)                                                     \
    { &pl__flow_##shape##__descriptor, field, PL_RULE_MAP, "name", 0 }
#define PAIR(shape, field)                                                    \
    MAP(shape, field),                                                        \
    { &pl__flow_##shape##__descriptor, field, PL_RULE_PAIR, "value", 0 }
#define BOUND(shape, field, rule, bound)                                      \
    { &pl__flow_##shape##__descriptor, field, PL_RULE_##rule, NULL, bound }
#define TEXT(shape, field, max)                                               \
    BOUND(shape, field, LEN_MIN, 1), BOUND(shape, field, LEN_MAX, max)
#define NAME(shape, field)  TEXT(shape, field, PL_NAME_MAX)
#define LIST(shape, field, max)  BOUND(shape, field, LEN_MAX, max)
#define NUMBER(shape, field)                                                  \
    BOUND(shape, field, MIN, -SHAPE_NUMBER_MAX),                              \
    BOUND(shape, field, MAX, SHAPE_NUMBER_MAX)


static const pl_rule_t  shape_rows[] = {
    MAP(file, "steps"),
    LIST(file, "steps", PL_FLOW_STEPS_MAX),
    LIST(file, "triggers", PL_FLOW_TRIGGERS_MAX),
    LIST(file, "entries", PL_FLOW_STEPS_MAX),
    PAIR(file, "variables"), LIST(file, "variables", PL_VARIABLES_MAX),
    LIST(file, "inputs", PL_VARIABLES_MAX),
    NAME(file, "flow"), NAME(file, "default"), NAME(file, "start"),
    TEXT(file, "language", 16),

    LIST(trigger, "keywords", SHAPE_LIST_MAX),
    TEXT(trigger, "pattern", PL_PATTERN_MAX),
    NAME(trigger, "step"), NAME(trigger, "event"), NAME(trigger, "opt_in"),
    TEXT(trigger, "form", FLOW_ID_MAX), TEXT(trigger, "button", FLOW_ID_MAX),
    TEXT(trigger, "after", SHAPE_DURATION_MAX), NAME(trigger, "name"),
    TEXT(referral, "source_id", FLOW_ID_MAX),
    NAME(referral, "source_type"), TEXT(referral, "pattern", PL_PATTERN_MAX),

    NAME(when, "variable"), TEXT(when, "is", PL_TEXT_MAX),
    LIST(when, "in", SHAPE_LIST_MAX), NUMBER(when, "below"),
    NUMBER(when, "from"), TEXT(when, "matches", PL_PATTERN_MAX),
    LIST(when, "keywords", SHAPE_LIST_MAX),
    TEXT(when, "pattern", PL_PATTERN_MAX),
    LIST(when, "words", SHAPE_LIST_MAX), TEXT(when, "button", FLOW_ID_MAX),
    NAME(when, "field"), TEXT(when, "time", PL_HOURS_TEXT_MAX),
    NAME(when, "consent"), NAME(when, "tag"),
    LIST(when, "any", SHAPE_LIST_MAX), TEXT(when, "template", 512),

    NAME(branch, "step"),
    NAME(call, "flow"), NAME(call, "step"),

    NAME(step, "name"),
    BOUND(step, "after_s", MAX, 30 * 86400),
    PAIR(step, "set"), LIST(step, "set", SHAPE_SETS_MAX),
    LIST(step, "tag", 16), LIST(step, "untag", 16),
    LIST(step, "consent", 16), LIST(step, "cancel", 64),
    LIST(step, "schedule", 64), NAME(step, "emit"),
    LIST(step, "timeouts", PL_TIMEOUTS_MAX),
    LIST(step, "branch", SHAPE_BRANCHES_MAX),
    NAME(step, "next"),
    NAME(schedule, "task"), NAME(schedule, "step"),
    TEXT(schedule, "after", SHAPE_DURATION_MAX), NAME(schedule, "at"),
    TEXT(schedule, "offset", SHAPE_DURATION_MAX),
    TEXT(schedule, "until", SHAPE_DURATION_MAX),
    TEXT(timeout, "after", SHAPE_DURATION_MAX), NAME(timeout, "step"),
    TEXT(delay, "min", SHAPE_DURATION_MAX),
    TEXT(delay, "max", SHAPE_DURATION_MAX),
    NAME(consent, "category"), NAME(consent, "text_version"),
    TEXT(handover, "reason", 128), TEXT(handover, "to", 128),

    TEXT(say, "text", PL_TEXT_MAX), TEXT(say, "header", SHAPE_TEXT_MAX),
    TEXT(say, "footer", SHAPE_TEXT_MAX),
    TEXT(say, "expires", SHAPE_DURATION_MAX),
    TEXT(say, "collapse_key", PL_COLLAPSE_KEY_MAX),
    LIST(say, "buttons", SHAPE_LIST_MAX),
    LIST(list, "sections", SHAPE_LIST_MAX),
    TEXT(template, "name", 512), TEXT(template, "language", 32),
    LIST(template, "body", FLOW_PARAMETERS_MAX),
    LIST(template, "buttons", FLOW_TEMPLATE_BUTTONS_MAX),
    TEXT(parameter, "text", PL_TEXT_MAX), NAME(parameter, "name"),

    NAME(ask, "save"), TEXT(ask, "question", SHAPE_TEXT_MAX),
    LIST(ask, "choices", PL_ANSWER_CHOICES_MAX),
    LIST(ask, "buckets", PL_ANSWER_BUCKETS_MAX),
    NUMBER(ask, "min"), NUMBER(ask, "max"),
    TEXT(bucket, "value", 256), NUMBER(bucket, "from"),
    NUMBER(bucket, "below"),
    TEXT(choice, "value", 256), TEXT(choice, "id", FLOW_ID_MAX),
    TEXT(choice, "title", SHAPE_TEXT_MAX),
    LIST(choice, "words", PL_ANSWER_WORDS_MAX),
    TEXT(choice, "pattern", PL_PATTERN_MAX),

    LIST(takeover, "words", SHAPE_LIST_MAX),
    LIST(takeover, "topics", SHAPE_TOPICS_MAX), NAME(takeover, "step"),
    NAME(takeover, "misunderstood"),
    BOUND(takeover, "misunderstandings", MAX, 100),
    NAME(topic, "name"), LIST(topic, "words", SHAPE_WORDS_MAX),
    NAME(topic, "list"), NAME(topic, "step"), BOUND(topic, "threshold", MIN, 1),
    BOUND(topic, "threshold", MAX, 1000),
    TEXT(word, "word", 128), BOUND(word, "weight", MIN, -1000),
    BOUND(word, "weight", MAX, 1000),
    LIST(migrate, "from", SHAPE_LIST_MAX), PAIR(migrate, "steps"),
    LIST(migrate, "steps", PL_FLOW_STEPS_MAX),

    { &pl__flow_form__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__flow_field__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    PAIR(form, "fields"),
};

const pl_rules_t  pl_flow_rules = { shape_rows, PL_COUNT(shape_rows) };
