/*
 * How a template, or a text, would read. A variable that has no value is a
 * mistake: a preview shows no holes.
 */

#include <string.h>

#include "../channel/limit.h"
#include "../channel/template.h"
#include "../channel/wording.h"
#include "../core/gsm.h"
#include "../core/str.h"
#include "place_impl.h"
#include "sending.h"

/* What is filled in, and with what. */
typedef struct {
    pl_api_call_t                *call;
    const Pl__Api__PreviewBody   *body;
    const char                   *missing;  /* the first variable */
    bool                          full;
} preview_t;

static pl_status_t preview_template(preview_t *p,
    Pl__Api__PreviewAnswer *answer, pl_err_t *err);
static pl_status_t preview_wording(preview_t *p,
    const Pl__TemplateRecord *record, Pl__Api__PreviewAnswer *answer,
    pl_err_t *err);
static pl_status_t preview_values(preview_t *p, Pl__Template *to);
static pl_status_t preview_text(preview_t *p, Pl__Api__PreviewAnswer *answer,
    pl_err_t *err);
static char *preview_fill(preview_t *p, const char *text);
static const char *preview_value(const preview_t *p,
    const pl_template_place_t *place);
static void preview_count(pl_api_call_t *call,
    Pl__Api__PreviewAnswer *answer);


pl_status_t
pl_preview_ask(pl_api_call_t *call, pl_err_t *err)
{
    preview_t                p = { call, NULL, NULL, false };
    pl_status_t              rc;
    Pl__Api__PreviewAnswer   answer = PL__API__PREVIEW_ANSWER__INIT;

    p.body = (const Pl__Api__PreviewBody *) call->body;

    if ((p.body->template_ != NULL) == (p.body->text != NULL)) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "template",
                              "one of template and text says what");
    }

    rc = p.body->template_ != NULL ? preview_template(&p, &answer, err)
                                   : preview_text(&p, &answer, err);

    if (rc == PL_OK && p.full) {
        rc = pl_rows_nomem(err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (p.missing != NULL) {
        return pl_api_problem(call, PL_API_BAD_FIELD,
                              p.body->n_params != 0 ? "params" : "variables",
                              "a variable has no value");
    }

    preview_count(call, &answer);

    return answer.sms != NULL ? pl_api_answer(call, 0, &answer.base, err)
                              : pl_rows_nomem(err);
}


static pl_status_t
preview_template(preview_t *p, Pl__Api__PreviewAnswer *answer, pl_err_t *err)
{
    size_t                     i;
    pl_status_t                rc;
    Pl__TemplateRecord        *record;
    const pl_channel_conf_t   *channel;

    if (p->body->language == NULL) {
        return pl_api_problem(p->call, PL_API_BAD_FIELD, "language",
                              "a template needs its language");
    }

    rc = pl_rows_channel(p->call, p->body->channel, "channel", &channel);

    if (rc == PL_OK) {
        rc = pl_place_template_named(p->call, channel, p->body->template_,
                                     p->body->language, &record, err);
    }

    if (rc == PL_NOTFOUND) {
        return pl_api_problem(p->call, PL_API_BAD_FIELD, "template",
                              "the channel has no such template");
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (pl_wording_own(channel->provider, channel->row)) {
        return preview_wording(p, record, answer, err);
    }

    if (record->body == NULL) {
        return pl_api_problem(p->call, PL_API_CONFLICT, "template",
                              "its text has not been read yet");
    }

    answer->text = preview_fill(p, record->body->text);
    answer->footer = record->footer;

    if (record->header != NULL && record->header->text != NULL) {
        answer->header = preview_fill(p, record->header->text->text);
    }

    answer->buttons = (char **) pl_rows_list(p->call, record->n_buttons);

    for (i = 0; answer->buttons != NULL && i < record->n_buttons; i++) {
        if (record->buttons[i]->text != NULL) {
            answer->buttons[answer->n_buttons++] = record->buttons[i]->text;
        }
    }

    return PL_OK;
}


/* One of the house's own: filled in by what fills in a message. */

static pl_status_t
preview_wording(preview_t *p, const Pl__TemplateRecord *record,
    Pl__Api__PreviewAnswer *answer, pl_err_t *err)
{
    pl_err_t       why;
    pl_status_t    rc;
    Pl__Content   *said;
    Pl__Template   template = PL__TEMPLATE__INIT;

    memset(&why, 0, sizeof(why));

    rc = preview_values(p, &template);

    if (rc == PL_OK) {
        rc = pl_wording_fill(record, &template, p->call->ar, &said, &why);
    }

    if (rc != PL_OK) {
        return rc == PL_NOMEM
               ? pl_rows_nomem(err)
               : pl_api_problem(p->call, PL_API_BAD_FIELD,
                                p->body->n_params != 0 ? "params"
                                                       : "variables",
                                "%s", why.text);
    }

    answer->text = said->of_case == PL__CONTENT__OF_TEXT
                   ? said->text->body : said->email->text;

    if (said->of_case == PL__CONTENT__OF_EMAIL) {
        answer->subject = said->email->subject;
        answer->html = said->email->html;
    }

    return PL_OK;
}


static pl_status_t
preview_values(preview_t *p, Pl__Template *to)
{
    size_t                   i, n;
    Pl__TemplateParameter   *row;

    n = p->body->n_params != 0 ? p->body->n_params : p->body->n_variables;

    to->body = (Pl__TemplateParameter **) pl_rows_list(p->call, n);
    row = pl_arena_alloc(p->call->ar, (n + 1) * sizeof(*row));

    if (to->body == NULL || row == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < n; i++) {
        pl__template_parameter__init(&row[i]);
        row[i].name = p->body->n_params != 0
                      ? NULL : p->body->variables[i]->name;
        row[i].text = p->body->n_params != 0
                      ? p->body->params[i] : p->body->variables[i]->value;
        to->body[to->n_body++] = &row[i];
    }

    return PL_OK;
}


/* As a message is filled: {{name}}, {{name|there}}. */

static pl_status_t
preview_text(preview_t *p, Pl__Api__PreviewAnswer *answer, pl_err_t *err)
{
    size_t                   i;
    pl_status_t              rc;
    pl_sending_t             s;
    Pl__Api__SendVariable   *v;

    memset(&s, 0, sizeof(s));
    s.variables = (Pl__Api__SendVariable **)
                  pl_rows_list(p->call, p->body->n_variables);

    for (i = 0; s.variables != NULL && i < p->body->n_variables; i++) {
        v = pl_arena_alloc(p->call->ar, sizeof(*v));
        if (v == NULL) {
            return pl_rows_nomem(err);
        }

        pl__api__send_variable__init(v);
        v->name = p->body->variables[i]->name;
        v->value = p->body->variables[i]->value;
        s.variables[s.n_variables++] = v;
    }

    rc = pl_sending_fill(p->call, &s, p->body->text, PL_API_TEXT_MAX,
                         &answer->text, &p->missing);

    return rc == PL_TOOBIG
           ? pl_api_problem(p->call, PL_API_BAD_FIELD, "variables",
                            "they make the text longer than a text may be")
           : rc == PL_NOTFOUND || rc == PL_OK ? PL_OK : pl_rows_nomem(err);
}


static char *
preview_fill(preview_t *p, const char *text)
{
    char                 *out = pl_arena_printf(p->call->ar, "%s", "");
    const char           *at = text, *value;
    pl_template_place_t   place;

    while (out != NULL && pl_template_next(at, &place)) {
        value = preview_value(p, &place);

        if (value == NULL) {
            p->missing = place.name;
            return out;
        }

        out = pl_arena_printf(p->call->ar, "%s%.*s%s", out,
                              (int) (place.begin - at), at, value);
        at = place.next;
    }

    out = out == NULL ? NULL : pl_arena_printf(p->call->ar, "%s%s", out, at);
    p->full = p->full || out == NULL;

    return out;
}


static const char *
preview_value(const preview_t *p, const pl_template_place_t *place)
{
    size_t    i;
    int64_t   n;
    pl_str_t  name = { (const uint8_t *) place->name, place->len };

    for (i = 0; i < p->body->n_variables; i++) {
        if (pl_str_eq(pl_str_c(p->body->variables[i]->name), name)) {
            return p->body->variables[i]->value;
        }
    }

    if (pl_str_int(name, &n) == PL_OK && n >= 1
        && (uint64_t) n <= p->body->n_params)
    {
        return p->body->params[n - 1];
    }

    return NULL;
}


static void
preview_count(pl_api_call_t *call, Pl__Api__PreviewAnswer *answer)
{
    pl_gsm_t             gsm;
    Pl__Api__SmsCount   *sms;

    pl_gsm_count(pl_str_c(answer->text), &gsm);
    answer->characters = (uint32_t) pl_limit_chars(answer->text);

    sms = pl_arena_alloc(call->ar, sizeof(*sms));
    if (sms == NULL) {
        return;
    }

    pl__api__sms_count__init(sms);
    sms->encoding = (char *) (gsm.ucs2 ? "ucs2" : "gsm7");
    sms->units = gsm.units;
    sms->segments = gsm.segments;
    sms->left = gsm.left;
    answer->sms = sms;
}
