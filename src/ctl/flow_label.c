/*
 * See flow_label.h.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "flow_label.h"

/* A label that is being written. */
typedef struct {
    char    *data;
    size_t   len;
    size_t   parts;
} label_t;

static void label_outside(const pl_flow_t *flow, const pl_flow_edge_t *edge,
    label_t *l);
static void label_trigger(const Pl__FlowTrigger *row, label_t *l);
static void label_step(const pl_flow_edge_t *edge, label_t *l);
static void label_schedule(const Pl__FlowSchedule *row, label_t *l);
static void label_when(const Pl__FlowWhen *when, label_t *l);
static void label_value(const Pl__FlowWhen *when, label_t *l);
static void label_nested(const Pl__FlowWhen *when, label_t *l);
static void label_enum(label_t *l, const char *what,
    const ProtobufCEnumDescriptor *type, int value);
static void label_list(label_t *l, const char *what, char *const *list,
    size_t n);
static void label_part(label_t *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void label_add(label_t *l, const char *fmt, va_list args);


void
plctl_flow_label(const pl_flow_t *flow, const pl_flow_edge_t *edge,
    char label[PLCTL_LABEL_MAX])
{
    label_t  l = { label, 0, 0 };

    label[0] = '\0';

    if (edge->from == NULL) {
        label_outside(flow, edge, &l);

    } else {
        label_step(edge, &l);
    }
}


static void
label_outside(const pl_flow_t *flow, const pl_flow_edge_t *edge, label_t *l)
{
    static const char *const  words[] = {
        [PL_FLOW_EDGE_DEFAULT] = "anything else",
        [PL_FLOW_EDGE_START] = "start",
        [PL_FLOW_EDGE_ENTRY] = "entry",
        [PL_FLOW_EDGE_MIGRATE] = "from an older version",
        [PL_FLOW_EDGE_HANDOVER] = "for a person",
    };

    if (edge->kind == PL_FLOW_EDGE_TRIGGER) {
        label_trigger(pl_flow_file(flow)->triggers[edge->index], l);

    } else if (edge->kind == PL_FLOW_EDGE_HANDOVER && edge->index != 0) {
        label_part(l, "for a person: %s", edge->index == 1
                   ? "misunderstood"
                   : pl_flow_file(flow)->handover->topics[edge->index - 2]
                     ->name);

    } else {
        label_part(l, "%s", words[edge->kind]);
    }
}


static void
label_trigger(const Pl__FlowTrigger *row, label_t *l)
{
    if (row->name != NULL) {
        label_part(l, "%s", row->name);
        return;
    }

    label_list(l, "", row->keywords, row->n_keywords);

    if (row->pattern != NULL) {
        label_part(l, "/%s/", row->pattern);
    }

    if (row->first_message) {
        label_part(l, "first message");
    }

    if (row->referral != NULL) {
        label_part(l, "referral");
    }

    if (row->opt_in != NULL) {
        label_part(l, "opt-in %s", row->opt_in);
    }

    if (row->form != NULL) {
        label_part(l, "form %s", row->form);
    }

    if (row->event != NULL) {
        label_part(l, "event %s", row->event);
    }

    if (row->joined_group) {
        label_part(l, "joined the group");
    }

    if (row->button != NULL) {
        label_part(l, "button %s", row->button);
    }

    if (row->after != NULL) {
        label_part(l, "after %s", row->after);
    }
}


static void
label_step(const pl_flow_edge_t *edge, label_t *l)
{
    const Pl__FlowStep  *step = edge->from;

    switch (edge->kind) {

    case PL_FLOW_EDGE_BRANCH:
    case PL_FLOW_EDGE_BRANCH_CALL:
        label_when(step->branch[edge->index]->when, l);

        if (l->len == 0) {
            label_part(l, "else");
        }

        break;

    case PL_FLOW_EDGE_TIMEOUT:
        label_part(l, "after %s", step->timeouts[edge->index]->after);
        break;

    case PL_FLOW_EDGE_SCHEDULE:
        label_schedule(step->schedule[edge->index], l);
        break;

    case PL_FLOW_EDGE_CALL:
        label_part(l, "call");
        break;

    default:
        if (step->n_branch != 0) {
            label_part(l, "else");
        }

        break;
    }
}


static void
label_schedule(const Pl__FlowSchedule *row, label_t *l)
{
    if (row->after != NULL) {
        label_part(l, "%s: after %s", row->task, row->after);
        return;
    }

    label_part(l, "%s: %s%s%s", row->task, row->at,
               row->offset == NULL ? "" : row->offset[0] == '-' ? " " : " +",
               row->offset != NULL ? row->offset : "");
}


static void
label_when(const Pl__FlowWhen *when, label_t *l)
{
    label_list(l, "", when->keywords, when->n_keywords);
    label_list(l, "… ", when->words, when->n_words);

    if (when->pattern != NULL) {
        label_part(l, "/%s/", when->pattern);
    }

    if (when->button != NULL) {
        label_part(l, "button %s", when->button);
    }

    if (when->variable != NULL || when->field != NULL) {
        label_value(when, l);
    }

    if (when->time != NULL) {
        label_part(l, "%s", when->time);
    }

    if (when->consent != NULL) {
        label_enum(l, when->consent, &pl__flow_consent_is__descriptor,
                   when->has_state
                   ? (int) when->state
                   : PL__FLOW_CONSENT_IS__FLOW_CONSENT_IS_GRANTED);
    }

    if (when->has_window) {
        label_enum(l, "window", &pl__flow_window_is__descriptor,
                   (int) when->window);
    }

    if (when->tag != NULL) {
        label_part(l, "tag %s", when->tag);
    }

    if (when->has_status) {
        label_enum(l, "status", &pl__conversation_status__descriptor,
                   (int) when->status);
    }

    if (when->template_ != NULL) {
        label_part(l, "template %s", when->template_);
    }

    label_nested(when, l);
}


static void
label_value(const Pl__FlowWhen *when, label_t *l)
{
    const char  *name = when->variable != NULL ? when->variable : when->field;

    if (when->is != NULL) {
        label_part(l, "%s is %s", name, when->is);

    } else if (when->n_in != 0) {
        label_part(l, "%s in", name);
        label_list(l, "", when->in, when->n_in);

    } else if (!when->has_from && !when->has_below && when->matches == NULL) {
        label_part(l, "%s is %s", name,
                   when->has_set && !when->set ? "not set" : "set");
    }

    if (when->has_from) {
        label_part(l, "%s from %" PRId64, name, when->from);
    }

    if (when->has_below) {
        label_part(l, "%s below %" PRId64, name, when->below);
    }

    if (when->matches != NULL) {
        label_part(l, "%s /%s/", name, when->matches);
    }
}


static void
label_nested(const Pl__FlowWhen *when, label_t *l)
{
    size_t   i;
    char     inner[PLCTL_LABEL_MAX];
    label_t  in;

    if (when->not_ != NULL) {
        in = (label_t) { inner, 0, 0 };
        inner[0] = '\0';
        label_when(when->not_, &in);
        label_part(l, "not (%s)", inner);
    }

    for (i = 0; i < when->n_any; i++) {
        in = (label_t) { inner, 0, 0 };
        inner[0] = '\0';
        label_when(when->any[i], &in);
        label_part(l, "%s(%s)", i == 0 ? "" : "or ", inner);
    }
}


static void
label_enum(label_t *l, const char *what, const ProtobufCEnumDescriptor *type,
    int value)
{
    char                       word[64];
    size_t                     i;
    const char                *last;
    const ProtobufCEnumValue  *row;

    row = protobuf_c_enum_descriptor_get_value(type, value);

    if (row == NULL) {
        return;
    }

    /* the last word is enough here, and in lower case */

    last = strrchr(row->name, '_');
    last = last == NULL ? row->name : last + 1;

    for (i = 0; last[i] != '\0' && i + 1 < sizeof(word); i++) {
        word[i] = (char) (last[i] | 0x20);
    }

    word[i] = '\0';
    label_part(l, "%s %s", what, word);
}


static void
label_list(label_t *l, const char *what, char *const *list, size_t n)
{
    if (n == 1) {
        label_part(l, "%s%s", what, list[0]);

    } else if (n == 2) {
        label_part(l, "%s%s, %s", what, list[0], list[1]);

    } else if (n != 0) {
        label_part(l, "%s%s, %s and %zu more", what, list[0], list[1], n - 2);
    }
}


static void
label_part(label_t *l, const char *fmt, ...)
{
    va_list  args;

    if (l->parts++ != 0 && l->len + 3 < PLCTL_LABEL_MAX) {
        memcpy(l->data + l->len, ", ", 3);
        l->len += 2;
    }

    va_start(args, fmt);
    label_add(l, fmt, args);
    va_end(args);
}


static void
label_add(label_t *l, const char *fmt, va_list args)
{
    int     n;
    size_t  room = PLCTL_LABEL_MAX - l->len;

    n = vsnprintf(l->data + l->len, room, fmt, args);

    if (n < 0) {
        return;
    }

    if ((size_t) n < room) {
        l->len += (size_t) n;
        return;
    }

    for (l->len = PLCTL_LABEL_MAX - 1;
         l->len > 0 && ((unsigned char) l->data[l->len - 1] & 0xc0) == 0x80;
         l->len--)
    {
        /* void */
    }

    /* the character before may be cut, and is left out with its rest */
    l->len -= l->len > 0 && ((unsigned char) l->data[l->len - 1] >= 0xc0);
    l->data[l->len] = '\0';
}
