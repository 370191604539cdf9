/*
 * See said.h.
 */

#include <string.h>

#include "../core/str.h"
#include "said.h"


static bool said_categories(plctl_t *ctl, const char *words,
    Pl__SendRequest *request);
static bool said_word(plctl_t *ctl, const ProtobufCEnumDescriptor *type,
    const char *word, int *value);
static pl_status_t said_other(plctl_t *ctl, Pl__SendRequest *request,
    pl_err_t *err);


Pl__Content *
plctl_said_text(plctl_t *ctl, const char *body)
{
    Pl__Text     *text;
    Pl__Content  *content;

    text = pl_arena_alloc(ctl->ar, sizeof(*text));
    content = pl_arena_alloc(ctl->ar, sizeof(*content));
    if (text == NULL || content == NULL) {
        return NULL;
    }

    pl__text__init(text);
    text->body = pl_utf8_clean(ctl->ar, pl_str_c(body));

    pl__content__init(content);
    content->type = (char *) "text";
    content->of_case = PL__CONTENT__OF_TEXT;
    content->text = text;

    return text->body == NULL ? NULL : content;
}


Pl__Content *
plctl_said_template(plctl_t *ctl, const char *name, const char *language,
    const char *const *params, unsigned n_params)
{
    unsigned                  i;
    Pl__Content              *content;
    Pl__Template             *template;
    Pl__TemplateParameter    *parameters;

    content = pl_arena_alloc(ctl->ar, sizeof(*content));
    template = pl_arena_alloc(ctl->ar, sizeof(*template));
    parameters = pl_arena_alloc(ctl->ar, n_params * sizeof(*parameters));
    if (content == NULL || template == NULL || parameters == NULL) {
        return NULL;
    }

    pl__template__init(template);
    template->name = pl_utf8_clean(ctl->ar, pl_str_c(name));
    template->language = pl_utf8_clean(ctl->ar, pl_str_c(language));
    template->n_body = n_params;
    template->body = pl_arena_alloc(ctl->ar,
                                    n_params * sizeof(*template->body));

    if (template->name == NULL || template->language == NULL
        || template->body == NULL)
    {
        return NULL;
    }

    for (i = 0; i < n_params; i++) {
        pl__template_parameter__init(&parameters[i]);
        parameters[i].text = pl_utf8_clean(ctl->ar,
                                           pl_str_c(params[i]));
        if (parameters[i].text == NULL) {
            return NULL;
        }

        template->body[i] = &parameters[i];
    }

    pl__content__init(content);
    content->type = (char *) "template";
    content->of_case = PL__CONTENT__OF_TEMPLATE;
    content->template_ = template;

    return content;
}


pl_status_t
plctl_said_terms(plctl_t *ctl, Pl__SendRequest *request, Pl__Author author,
    pl_err_t *err)
{
    int                  value;
    const plctl_args_t  *args = ctl->args;

    request->has_author = 1;
    request->author = author;

    if (args->given & PLCTL_OPT_AUTHOR) {
        if (!said_word(ctl, &pl__author__descriptor, args->author, &value)) {
            return pl_err_set(err, PL_INVALID, "--author", 0,
                              "is person or program");
        }

        request->author = (Pl__Author) value;
    }

    if ((args->given & PLCTL_OPT_CATEGORY)
        && !said_categories(ctl, args->category, request))
    {
        return pl_err_set(err, PL_INVALID, "--category", 0,
                          "is service, utility, marketing or "
                          "authentication; behind a comma, that of the "
                          "other form");
    }

    request->has_business_hours = (args->given & PLCTL_OPT_BUSINESS) != 0;
    request->business_hours = request->has_business_hours;

    return said_other(ctl, request, err);
}


pl_status_t
plctl_said_lane(plctl_t *ctl, Pl__SendRequest *request, pl_err_t *err)
{
    int  value;

    if (ctl->args->lane == NULL) {
        return PL_OK;
    }

    if (!said_word(ctl, &pl__lane__descriptor, ctl->args->lane, &value)
        || value > PL__LANE__LANE_CAMPAIGN)
    {
        return pl_err_set(err, PL_INVALID, "--lane", 0,
                          "is reply, reminder or campaign");
    }

    request->has_lane = 1;
    request->lane = (Pl__Lane) value;

    return PL_OK;
}


void
plctl_said_line(const Pl__Ctl__BatchLine *in, Pl__SendRequest *request)
{
    request->has_author = 1;
    request->author = PL__AUTHOR__AUTHOR_PROGRAM;
    request->reply_to = in->reply_to;
    request->has_lane = in->has_lane;
    request->lane = in->lane;
    request->has_category = in->has_category;
    request->category = in->category;
    request->otherwise = in->otherwise;
    request->has_otherwise_category = in->has_otherwise_category;
    request->otherwise_category = in->otherwise_category;
    request->has_business_hours = in->has_business_hours;
    request->business_hours = in->business_hours;
}


/* One, or two with a comma between them: the second is the other form's. */

static bool
said_categories(plctl_t *ctl, const char *words, Pl__SendRequest *request)
{
    int          value;
    const char  *comma, *first;

    comma = strchr(words, ',');
    first = comma == NULL ? words
            : pl_arena_str(ctl->ar, (pl_str_t) {
                  (uint8_t *) words, (size_t) (comma - words) });

    if (first == NULL
        || !said_word(ctl, &pl__category__descriptor, first, &value))
    {
        return false;
    }

    request->has_category = 1;
    request->category = (Pl__Category) value;

    if (comma == NULL) {
        return true;
    }

    if (!said_word(ctl, &pl__category__descriptor, comma + 1, &value)) {
        return false;
    }

    request->has_otherwise_category = 1;
    request->otherwise_category = (Pl__Category) value;

    return true;
}


static bool
said_word(plctl_t *ctl, const ProtobufCEnumDescriptor *type,
    const char *word, int *value)
{
    unsigned  i;

    for (i = 0; i < type->n_values; i++) {
        *value = type->values[i].value;

        if (strcmp(plctl_enum(ctl->ar, type, *value), word) == 0) {
            return true;
        }
    }

    return false;
}


static pl_status_t
said_other(plctl_t *ctl, Pl__SendRequest *request, pl_err_t *err)
{
    const plctl_args_t  *args = ctl->args;

    if (!(args->given & PLCTL_OPT_OTHERWISE)) {
        if (request->has_otherwise_category) {
            return pl_err_set(err, PL_INVALID, "--category", 0,
                              "a second one belongs to "
                              "--otherwise-template");
        }

        return args->given & (PLCTL_OPT_OTHER_LANGUAGE
                              | PLCTL_OPT_OTHER_PARAM)
               ? pl_err_set(err, PL_INVALID, "--otherwise-template", 0,
                            "--otherwise-language and --otherwise-param "
                            "belong to it")
               : PL_OK;
    }

    if (!(args->given & PLCTL_OPT_OTHER_LANGUAGE)) {
        return pl_err_set(err, PL_INVALID, "--otherwise-template", 0,
                          "needs --otherwise-language");
    }

    request->otherwise = plctl_said_template(ctl, args->otherwise,
                                             args->other_language,
                                             args->other_params,
                                             args->n_other_params);

    return request->otherwise != NULL
           ? PL_OK : pl_err_set(err, PL_NOMEM, "send", 0, "out of memory");
}
