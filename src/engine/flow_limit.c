/*
 * What is said, held against lengths and counts before anybody says it. What
 * holds variables is measured when they are filled, and cut then.
 */

#include <string.h>

#include "../channel/limit.h"
#include "flow_impl.h"
#include "flow_limit.h"

static void limit_say(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path);
static void limit_parts(flow_check_t *check, const Pl__FlowSay *say,
    const char *path);
static void limit_texts(flow_check_t *check, const Pl__FlowSay *say,
    const char *path);
static void limit_buttons(flow_check_t *check, const Pl__FlowSay *say,
    const char *path);
static void limit_list(flow_check_t *check, const Pl__FlowList *list,
    const char *path);
static size_t limit_section(flow_check_t *check, const Pl__FlowList *list,
    size_t i, const char *path);
static bool limit_row_twice(const Pl__FlowList *list, size_t section,
    size_t row);
static void limit_media(flow_check_t *check, const Pl__FlowSay *say,
    const char *path);
static void limit_template(flow_check_t *check,
    const Pl__FlowTemplate *template, const char *path);
static void limit_text(flow_check_t *check, const char *base,
    const char *name, const char *text, size_t max);
static void limit_degrees(flow_check_t *check, const char *base,
    const char *name, const char *text, int max);
static bool limit_within(const char *text, int max);
static bool limit_link(const char *link);


void
pl_flow_limit_check(flow_check_t *check)
{
    pl_flow_says(check, limit_say);
}


static void
limit_say(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path)
{
    char     at[PL_ERR_PATH_MAX];
    int64_t  ms;

    (void) step;

    limit_parts(check, say, path);
    limit_texts(check, say, path);
    limit_buttons(check, say, path);

    if (say->list != NULL) {
        limit_list(check, say->list, pl_flow_path(at, path, ".list"));
    }

    if (say->media != NULL) {
        limit_media(check, say, path);
    }

    if (say->location != NULL) {
        (void) pl_flow_path(at, path, ".location");
        limit_degrees(check, at, "latitude", say->location->latitude, 90);
        limit_degrees(check, at, "longitude", say->location->longitude, 180);
    }

    if (say->template_ != NULL) {
        limit_template(check, say->template_,
                       pl_flow_path(at, path, ".template"));
    }

    if (say->expires != NULL
        && (!pl_flow_duration(say->expires, &ms) || ms <= 0))
    {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".expires"), 0,
                        "no duration: \"%.32s\"", say->expires);
    }
}


/* What goes with what. */

static void
limit_parts(flow_check_t *check, const Pl__FlowSay *say, const char *path)
{
    char  at[PL_ERR_PATH_MAX];
    int   taps;

    taps = (say->n_buttons != 0) + (say->list != NULL) + (say->form != NULL)
           + (say->url != NULL);

    if (taps > 1) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "one of buttons, list, form and url");
    }

    if (taps != 0 && say->text == NULL) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "buttons, a list, a form and a url need a text");
    }

    if (taps == 0 && (say->header != NULL || say->footer != NULL)) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, say->header != NULL
                                     ? ".header" : ".footer"), 0,
                        "only with buttons, a list, a form or a url");
    }

    if (say->media != NULL && say->header != NULL) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".header"),
                        0, "header or media, one of them");
    }

    if (say->location != NULL
        && (taps != 0 || say->media != NULL || say->text != NULL))
    {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".location"), 0,
                        "a location is said by itself");
    }

    if (say->text == NULL && say->media == NULL && say->location == NULL
        && say->template_ == NULL && taps == 0)
    {
        pl_flow_mistake(check, FLOW_ERROR, path, 0, "nothing is said");
    }
}


static void
limit_texts(flow_check_t *check, const Pl__FlowSay *say, const char *path)
{
    char  at[PL_ERR_PATH_MAX];

    if (say->n_buttons != 0 || say->form != NULL || say->url != NULL) {
        limit_text(check, path, "text", say->text, FLOW_BODY_MAX);

    } else if (say->list == NULL && say->media == NULL) {
        limit_text(check, path, "text", say->text, PL_TEXT_MAX);
    }

    limit_text(check, path, "header", say->header, FLOW_HEADER_MAX);
    limit_text(check, path, "footer", say->footer, FLOW_FOOTER_MAX);

    if (say->form != NULL) {
        (void) pl_flow_path(at, path, ".form");
        limit_text(check, at, "title", say->form->title,
                   FLOW_FORM_TITLE_MAX);

        if ((say->form->id != NULL) == (say->form->name != NULL)) {
            pl_flow_mistake(check, FLOW_ERROR, at, 0,
                            "id or name, one of them");
        }
    }

    if (say->url != NULL) {
        (void) pl_flow_path(at, path, ".url");
        limit_text(check, at, "title", say->url->title, FLOW_TITLE_MAX);
        limit_text(check, at, "url", say->url->url, FLOW_URL_MAX);

        if (!limit_link(say->url->url)) {
            pl_flow_mistake(check, FLOW_ERROR,
                            pl_flow_path(at, path, ".url.url"), 0,
                            "no http or https URL");
        }
    }
}


/* Which of two that are the same was tapped, nobody could tell. */

static void
limit_buttons(flow_check_t *check, const Pl__FlowSay *say, const char *path)
{
    char                       at[PL_ERR_PATH_MAX];
    size_t                     i, k;
    Pl__Button *const  *buttons = say->buttons;

    if (say->n_buttons > FLOW_BUTTONS_MAX) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".buttons"), 0,
                        "%zu buttons; there may be %d", say->n_buttons,
                        FLOW_BUTTONS_MAX);
    }

    for (i = 0; i < say->n_buttons; i++) {
        (void) pl_flow_path(at, path, ".buttons[%zu]", i);
        limit_text(check, at, "title", buttons[i]->title, FLOW_TITLE_MAX);
        limit_text(check, at, "id", buttons[i]->id, FLOW_ID_MAX);

        for (k = 0; k < i; k++) {
            if (strcmp(buttons[i]->id, buttons[k]->id) == 0
                || strcmp(buttons[i]->title, buttons[k]->title) == 0)
            {
                pl_flow_mistake(check, FLOW_ERROR, at, 0,
                                "id or title is that of buttons[%zu]", k);
            }
        }
    }
}


static void
limit_list(flow_check_t *check, const Pl__FlowList *list, const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i, rows;

    limit_text(check, path, "button", list->button, FLOW_TITLE_MAX);

    for (i = 0, rows = 0; i < list->n_sections; i++) {
        rows += limit_section(check, list, i,
                              pl_flow_path(at, path, ".sections[%zu]", i));
    }

    if (rows == 0 || rows > FLOW_ROWS_MAX
        || list->n_sections > FLOW_SECTIONS_MAX)
    {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".sections"), 0,
                        "%zu rows in %zu sections; there may be 1 to %d",
                        rows, list->n_sections, FLOW_ROWS_MAX);
    }
}


static size_t
limit_section(flow_check_t *check, const Pl__FlowList *list, size_t i,
    const char *path)
{
    char                at[PL_ERR_PATH_MAX];
    size_t              k;
    const Pl__Section  *section = list->sections[i];

    limit_text(check, path, "title", section->title, FLOW_ROW_TITLE_MAX);

    if (list->n_sections > 1
        && (section->title == NULL || section->title[0] == '\0'))
    {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a title is needed where there are more sections");
    }

    for (k = 0; k < section->n_rows; k++) {
        (void) pl_flow_path(at, path, ".rows[%zu]", k);
        limit_text(check, at, "id", section->rows[k]->id, FLOW_ROW_ID_MAX);
        limit_text(check, at, "title", section->rows[k]->title,
                   FLOW_ROW_TITLE_MAX);
        limit_text(check, at, "description", section->rows[k]->description,
                   FLOW_ROW_DESCRIPTION_MAX);

        if (k < FLOW_ROWS_MAX && limit_row_twice(list, i, k)) {
            pl_flow_mistake(check, FLOW_ERROR, at, 0,
                            "another row has the same id");
        }
    }

    return section->n_rows;
}


static bool
limit_row_twice(const Pl__FlowList *list, size_t section, size_t row)
{
    size_t       i, k, n;
    const char  *id = list->sections[section]->rows[row]->id;

    for (i = 0; i <= section; i++) {
        n = i == section ? row : list->sections[i]->n_rows;

        for (k = 0; k < n; k++) {
            if (strcmp(list->sections[i]->rows[k]->id, id) == 0) {
                return true;
            }
        }
    }

    return false;
}


static void
limit_media(flow_check_t *check, const Pl__FlowSay *say, const char *path)
{
    char                  at[PL_ERR_PATH_MAX];
    bool                  captioned;
    const Pl__FlowMedia  *media = say->media;

    captioned = pl_limit_word("image video document", media->type);
    (void) pl_flow_path(at, path, ".media");

    if (!captioned && !pl_limit_word("audio sticker", media->type)) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".media.type"), 0,
                        "image, video, audio, document or sticker");
        return;
    }

    if ((media->link != NULL) == (media->id != NULL)) {
        pl_flow_mistake(check, FLOW_ERROR, at, 0, "link or id, one of them");
    }

    if (media->link != NULL && !limit_link(media->link)) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".media.link"), 0,
                        "no http or https URL");
    }

    (void) pl_flow_path(at, path, ".media");
    limit_text(check, at, "caption", media->caption, FLOW_CAPTION_MAX);
    limit_text(check, at, "link", media->link, FLOW_LINK_MAX);
    limit_text(check, at, "filename", media->filename, FLOW_ID_MAX);

    if (say->text != NULL && say->n_buttons == 0 && say->url == NULL) {
        limit_text(check, path, "text", say->text, FLOW_CAPTION_MAX);
    }

    if ((media->caption != NULL && (say->text != NULL || !captioned))
        || (say->text != NULL && !captioned) || say->list != NULL
        || (say->n_buttons != 0 && !captioned))
    {
        pl_flow_mistake(check, FLOW_ERROR, at, 0,
                        captioned ? "not with this: a text is its caption, "
                                    "and a list takes none"
                                  : "nothing can be said with it");
    }
}


static void
limit_template(flow_check_t *check, const Pl__FlowTemplate *template,
    const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    if (pl_flow_template_language(check->flow, template) == NULL) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a template needs a language: its own, or the "
                        "file's");
    }

    for (i = 0; i < template->n_body; i++) {
        (void) pl_flow_path(at, path, ".body[%zu]", i);
        limit_text(check, at, "text", template->body[i]->text,
                   FLOW_PARAMETER_MAX);

        if ((template->body[i]->name != NULL)
            != (template->body[0]->name != NULL))
        {
            pl_flow_mistake(check, FLOW_ERROR, at, 0,
                            "parameters have names, or none has");
        }
    }

    for (i = 0; i < template->n_buttons; i++) {
        if (template->buttons[i]->index >= FLOW_TEMPLATE_BUTTONS_MAX) {
            pl_flow_mistake(check, FLOW_ERROR,
                            pl_flow_path(at, path, ".buttons[%zu].index", i),
                            0, "a template has up to %d buttons, from 0",
                            FLOW_TEMPLATE_BUTTONS_MAX);
        }
    }
}


/* What holds variables is as long as they are. */

static void
limit_text(flow_check_t *check, const char *base, const char *name,
    const char *text, size_t max)
{
    char    path[PL_ERR_PATH_MAX];
    size_t  n;

    if (text == NULL || strstr(text, PL_FLOW_WORD) != NULL) {
        return;
    }

    n = pl_limit_chars(text);

    if (n > max) {
        pl_flow_mistake(check, FLOW_UNFIT,
                        pl_flow_path(path, base, ".%s", name), 0,
                        "%zu characters; there may be %zu", n, max);

    } else if (text[strspn(text, " \t\r\n")] == '\0') {
        pl_flow_mistake(check, n == 0 ? FLOW_ERROR : FLOW_UNFIT,
                        pl_flow_path(path, base, ".%s", name), 0,
                        "there is nothing in it");
    }
}


static void
limit_degrees(flow_check_t *check, const char *base, const char *name,
    const char *text, int max)
{
    char  path[PL_ERR_PATH_MAX];

    if (strstr(text, PL_FLOW_WORD) == NULL && !limit_within(text, max)) {
        pl_flow_mistake(check, FLOW_UNFIT,
                        pl_flow_path(path, base, ".%s", name), 0,
                        "degrees with a point, from -%d to %d", max, max);
    }
}


/* "-12", "12.5": digits, of which those behind the point matter at the end. */

static bool
limit_within(const char *text, int max)
{
    int          n;
    size_t       digits;
    const char  *p = text + (text[0] == '-' || text[0] == '+');

    for (n = 0, digits = 0; *p >= '0' && *p <= '9' && n <= max; digits++) {
        n = n * 10 + (*p++ - '0');
    }

    if (digits == 0 || n > max || (*p != '.' && *p != '\0')) {
        return false;
    }

    if (*p == '\0') {
        return true;
    }

    p++;

    return p[0] != '\0' && p[strspn(p, "0123456789")] == '\0'
           && (n < max || p[strspn(p, "0")] == '\0');
}


static bool
limit_link(const char *link)
{
    size_t  i;

    if (strncmp(link, PL_FLOW_WORD, sizeof(PL_FLOW_WORD) - 1) == 0) {
        return true;            /* nobody knows */
    }

    if (strncmp(link, "https://", 8) != 0 && strncmp(link, "http://", 7) != 0)
    {
        return false;
    }

    for (i = 0; link[i] != '\0'; i++) {
        if ((uint8_t) link[i] <= ' ' && strchr(link, '{') == NULL) {
            return false;
        }
    }

    return true;
}
