/*
 * See talk.h. Ids that a provider, or a program, would draw are counted, so
 * that they are the same in every run.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/request.h"
#include "find.h"
#include "talk.h"

#define TALK_LOOK_BACK  32      /* messages that are looked at for a button */

static pl_status_t talk_content(plctl_world_t *world, plctl_person_t *person,
    Pl__Content *content, Pl__Context *context, pl_err_t *err);
static pl_status_t talk_verdict(plctl_world_t *world, const uint8_t *key,
    pl_err_t *err);
static bool talk_button(const plctl_world_t *world,
    const Pl__Content *content, const char *id, Pl__Reply *reply);
static bool talk_template(const plctl_world_t *world,
    const Pl__Template *sent, const char *id, Pl__Reply *reply);
static bool talk_row(const Pl__Action *action, const char *id,
    Pl__Reply *reply);
static void talk_key(plctl_world_t *world, uint8_t *key);
static void talk_sender(const plctl_person_t *person, Pl__Sender *sender);


pl_status_t
plctl_talk_find(plctl_world_t *world, plctl_person_t *person, pl_err_t *err)
{
    if (person->party.party != 0) {
        return PL_OK;
    }

    return plctl_find_party(plctl_world_ctl(world),
                            plctl_world_tenant(world), person->phone,
                            &person->party, err);
}


pl_status_t
plctl_talk_know(plctl_world_t *world, plctl_person_t *person, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__Address       address = PL__ADDRESS__INIT;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ContactSet    set = PL__CONTACT_SET__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) person->phone;
    set.tenant = plctl_world_tenant(world);
    set.address = &address;
    set.name = (char *) person->name;
    set.time_zone = (char *) person->zone_name;
    set.language = (char *) person->language;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &set;

    rc = person->zone_name != NULL
         ? plctl_world_zone(world, person->zone_name, err) : PL_OK;

    if (rc == PL_OK) {
        rc = plctl_world_do(world, &command, false, err);
    }

    return rc == PL_OK ? plctl_talk_find(world, person, err) : rc;
}


pl_status_t
plctl_talk_say(plctl_world_t *world, plctl_person_t *person,
    const char *words, pl_err_t *err)
{
    Pl__Text     text = PL__TEXT__INIT;
    Pl__Content  content = PL__CONTENT__INIT;

    text.body = (char *) words;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;

    return talk_content(world, person, &content, NULL, err);
}


pl_status_t
plctl_talk_tap(plctl_world_t *world, plctl_person_t *person, const char *id,
    pl_err_t *err)
{
    bool               found;
    unsigned           i;
    uint64_t           at;
    pl_status_t        rc;
    Pl__Reply          reply = PL__REPLY__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__Message       *message;
    Pl__Conversation  *conv;

    rc = plctl_talk_find(world, person, err);

    if (rc == PL_OK) {
        rc = plctl_find_conversation(plctl_world_ctl(world), &person->party,
                                     &conv, err);
    }

    if (rc != PL_OK) {
        return pl_err_set(err, PL_NOTFOUND, "", 0, "nothing was sent yet");
    }

    at = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];
    found = false;

    for (i = 0; i < TALK_LOOK_BACK && at != 0 && !found; i++) {
        rc = plctl_world_message(world, at, &message, err);
        if (rc != PL_OK) {
            return rc;
        }

        found = message->direction == PL__DIRECTION__DIRECTION_OUT
                && talk_button(world, message->content, id, &reply);
        at = message->previous;
    }

    if (!found) {
        return pl_err_set(err, PL_NOTFOUND, "", 0,
                          "of what was sent nothing has this to tap");
    }

    content.type = (char *) (reply.kind
                             == PL__REPLY_KIND__REPLY_KIND_TEMPLATE_BUTTON
                             ? "button" : "interactive");
    content.of_case = PL__CONTENT__OF_REPLY;
    content.reply = &reply;

    return talk_content(world, person, &content, NULL, err);
}


pl_status_t
plctl_talk_form(plctl_world_t *world, plctl_person_t *person,
    const char *json, const char *name, pl_err_t *err)
{
    pl_str_t         line;
    pl_status_t      rc;
    Pl__Content      content = PL__CONTENT__INIT;
    Pl__FormReply    form = PL__FORM_REPLY__INIT;

    rc = pl_json_line(plctl_world_ctl(world)->ar, pl_str_c(json), &line,
                      err);
    if (rc != PL_OK) {
        return rc;
    }

    form.name = (char *) (name != NULL ? name : "flow");
    form.has_data = 1;
    form.data.data = (uint8_t *) line.data;
    form.data.len = line.len;
    content.type = (char *) "interactive";
    content.of_case = PL__CONTENT__OF_FORM_REPLY;
    content.form_reply = &form;

    return talk_content(world, person, &content, NULL, err);
}


pl_status_t
plctl_talk_place(plctl_world_t *world, plctl_person_t *person,
    const char *latitude, const char *longitude, pl_err_t *err)
{
    Pl__Content      content = PL__CONTENT__INIT;
    Pl__Location     location = PL__LOCATION__INIT;

    location.latitude = (char *) latitude;
    location.longitude = (char *) longitude;
    content.type = (char *) "location";
    content.of_case = PL__CONTENT__OF_LOCATION;
    content.location = &location;

    return talk_content(world, person, &content, NULL, err);
}


pl_status_t
plctl_talk_media(plctl_world_t *world, plctl_person_t *person,
    const char *type, const char *caption, pl_err_t *err)
{
    Pl__Media    media = PL__MEDIA__INIT;
    Pl__Content  content = PL__CONTENT__INIT;

    media.id = pl_arena_printf(plctl_world_ctl(world)->ar, "%" PRIu64,
                               plctl_world_draw(world));
    media.caption = (char *) caption;
    content.type = (char *) type;
    content.of_case = PL__CONTENT__OF_MEDIA;
    content.media = &media;

    return talk_content(world, person, &content, NULL, err);
}


pl_status_t
plctl_talk_referral(plctl_world_t *world, plctl_person_t *person,
    const char *id, const char *words, const char *headline, pl_err_t *err)
{
    Pl__Text         text = PL__TEXT__INIT;
    Pl__Content      content = PL__CONTENT__INIT;
    Pl__Context      context = PL__CONTEXT__INIT;
    Pl__Referral     referral = PL__REFERRAL__INIT;

    text.body = (char *) words;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    referral.source_id = (char *) id;
    referral.source_type = (char *) "ad";
    referral.headline = (char *) headline;
    context.referral = &referral;

    return talk_content(world, person, &content, &context, err);
}


pl_status_t
plctl_talk_consent(plctl_world_t *world, plctl_person_t *person,
    const char *category, bool granted, pl_err_t *err)
{
    pl_status_t          rc;
    Pl__Sender           from = PL__SENDER__INIT;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__ConsentChange    change = PL__CONSENT_CHANGE__INIT;

    talk_sender(person, &from);
    change.account = (char *) PLCTL_WORLD_ACCOUNT;
    change.from = &from;
    change.category = (char *) category;
    change.word = (char *) (granted ? "resume" : "stop");
    change.time_s = plctl_world_now(world) / 1000;
    command.of_case = PL__COMMAND__OF_CONSENT_CHANGE;
    command.consent_change = &change;

    rc = plctl_world_do(world, &command, true, err);

    return rc == PL_OK ? plctl_talk_find(world, person, err) : rc;
}


pl_status_t
plctl_talk_agent(plctl_world_t *world, plctl_person_t *person,
    const char *words, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Text           text = PL__TEXT__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__Conversation  *conv;

    rc = plctl_talk_find(world, person, err);

    if (rc == PL_OK) {
        rc = plctl_find_conversation(plctl_world_ctl(world), &person->party,
                                     &conv, err);
    }

    if (rc == PL_OK && (conv->owner == NULL || conv->owner[0] == '\0')) {
        rc = plctl_talk_owner(world, person, PLCTL_TALK_AGENT, NULL, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    text.body = (char *) words;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;

    return plctl_talk_send(world, person, &content, true, err);
}


pl_status_t
plctl_talk_echo(plctl_world_t *world, plctl_person_t *person,
    const char *words, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Text           text = PL__TEXT__INIT;
    Pl__Sender         peer = PL__SENDER__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__EchoMessage    echo = PL__ECHO_MESSAGE__INIT;

    text.body = (char *) words;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    talk_sender(person, &peer);
    echo.account = (char *) PLCTL_WORLD_ACCOUNT;
    echo.direction = PL__DIRECTION__DIRECTION_OUT;
    echo.peer = &peer;
    echo.provider_id = pl_arena_printf(plctl_world_ctl(world)->ar,
                                       "wamid.ECHO%" PRIu64,
                                       plctl_world_draw(world));
    echo.time_s = plctl_world_now(world) / 1000;
    echo.content = &content;
    command.of_case = PL__COMMAND__OF_ECHO_MESSAGE;
    command.echo_message = &echo;

    if (echo.provider_id == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    rc = plctl_world_do(world, &command, true, err);

    return rc == PL_OK ? plctl_talk_find(world, person, err) : rc;
}


pl_status_t
plctl_talk_owner(plctl_world_t *world, plctl_person_t *person,
    const char *owner, const char *reason, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__OwnerChange    change = PL__OWNER_CHANGE__INIT;

    rc = plctl_talk_find(world, person, err);
    if (rc != PL_OK) {
        return rc;
    }

    change.tenant = person->party.tenant;
    change.party_kind = person->party.kind;
    change.party = person->party.party;
    change.owner = (char *) owner;
    change.reason = (char *) reason;
    change.actor = (char *) PLCTL_TALK_AGENT;
    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = &change;

    return plctl_world_do(world, &command, false, err);
}


pl_status_t
plctl_talk_start(plctl_world_t *world, plctl_person_t *person,
    const plctl_talk_start_t *what, pl_err_t *err)
{
    uint8_t          key[PL_REQUEST_KEY_LEN];
    pl_status_t      rc;
    Pl__Address      address = PL__ADDRESS__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__FlowStart    start = PL__FLOW_START__INIT;

    talk_key(world, key);
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) person->phone;
    start.tenant = plctl_world_tenant(world);
    start.channel = plctl_world_channel(world);
    start.address = &address;
    start.event = (char *) what->event;
    start.flow = (char *) what->flow;
    start.step = (char *) what->step;
    start.variables = what->variables;
    start.n_variables = what->n_variables;
    start.has_key = 1;
    start.key.data = key;
    start.key.len = sizeof(key);
    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = &start;

    rc = plctl_world_do(world, &command, false, err);

    if (rc == PL_OK) {
        rc = talk_verdict(world, key, err);
    }

    return rc == PL_OK ? plctl_talk_find(world, person, err) : rc;
}


pl_status_t
plctl_talk_send(plctl_world_t *world, plctl_person_t *person,
    Pl__Content *content, bool by_person, pl_err_t *err)
{
    uint8_t            key[PL_REQUEST_KEY_LEN];
    pl_status_t        rc;
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__SendRequest    request = PL__SEND_REQUEST__INIT;

    talk_key(world, key);
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) person->phone;
    request.tenant = plctl_world_tenant(world);
    request.channel = plctl_world_channel(world);
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = content;
    request.has_author = 1;
    request.author = by_person ? PL__AUTHOR__AUTHOR_PERSON
                               : PL__AUTHOR__AUTHOR_PROGRAM;
    request.actor = (char *) PLCTL_TALK_AGENT;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;

    rc = plctl_world_do(world, &command, false, err);

    if (rc == PL_OK) {
        rc = talk_verdict(world, key, err);
    }

    return rc == PL_OK ? plctl_talk_find(world, person, err) : rc;
}


static pl_status_t
talk_content(plctl_world_t *world, plctl_person_t *person,
    Pl__Content *content, Pl__Context *context, pl_err_t *err)
{
    pl_status_t           rc;
    Pl__Sender            from = PL__SENDER__INIT;
    Pl__Command           command = PL__COMMAND__INIT;
    Pl__InboundMessage    in = PL__INBOUND_MESSAGE__INIT;

    talk_sender(person, &from);
    in.account = (char *) PLCTL_WORLD_ACCOUNT;
    in.from = &from;
    in.provider_id = pl_arena_printf(plctl_world_ctl(world)->ar,
                                     "wamid.IN%" PRIu64,
                                     plctl_world_draw(world));
    in.time_s = plctl_world_now(world) / 1000;
    in.content = content;
    in.context = context;
    command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    command.inbound_message = &in;

    if (in.provider_id == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    rc = plctl_world_do(world, &command, true, err);

    return rc == PL_OK ? plctl_talk_find(world, person, err) : rc;
}


/* What was refused for what it is says why in its verdict alone. */

static pl_status_t
talk_verdict(plctl_world_t *world, const uint8_t *key, pl_err_t *err)
{
    pl_txn_t      *txn;
    plctl_t       *ctl;
    pl_status_t    rc;
    Pl__Verdict   *verdict;

    ctl = plctl_world_ctl(world);

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, plctl_world_tenant(world), key,
                        plctl_world_now(world), ctl->ar, &verdict, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (verdict->decision != PL__DECISION__DECISION_REFUSED
        || verdict->has_message)
    {
        return PL_OK;               /* policy's word is in the audit log */
    }

    rc = pl_err_set(err, PL_INVALID, "", 0, "refused by %s: %s",
                    verdict->rule != NULL ? verdict->rule : "the engine",
                    verdict->text != NULL ? verdict->text : "");

    if (verdict->path != NULL) {
        pl_err_path(err, "%s", verdict->path);
    }

    return rc;
}


static bool
talk_button(const plctl_world_t *world, const Pl__Content *content,
    const char *id, Pl__Reply *reply)
{
    size_t              i;
    const Pl__Action   *action;

    if (content->of_case == PL__CONTENT__OF_TEMPLATE) {
        return talk_template(world, content->template_, id, reply);
    }

    if (content->of_case != PL__CONTENT__OF_INTERACTIVE
        || content->interactive->action == NULL)
    {
        return false;
    }

    action = content->interactive->action;

    for (i = 0; i < action->n_buttons; i++) {

        if (strcmp(action->buttons[i]->id, id) == 0
            || strcmp(action->buttons[i]->title, id) == 0)
        {
            reply->kind = PL__REPLY_KIND__REPLY_KIND_BUTTON;
            reply->id = action->buttons[i]->id;
            reply->title = action->buttons[i]->title;
            return true;
        }
    }

    return talk_row(action, id, reply);
}


/* What comes back is what was sent along; without that, the title. */

static bool
talk_template(const plctl_world_t *world, const Pl__Template *sent,
    const char *id, Pl__Reply *reply)
{
    size_t                       i;
    const char                  *title;
    const Pl__TemplateRecord    *record;
    const Pl__TemplateButton    *button;

    reply->kind = PL__REPLY_KIND__REPLY_KIND_TEMPLATE_BUTTON;
    record = plctl_world_template(world, sent->name, sent->language);

    for (i = 0; i < sent->n_buttons; i++) {
        button = sent->buttons[i];
        title = record != NULL && button->index < record->n_buttons
                ? record->buttons[button->index]->text : NULL;

        if (button->kind == PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY
            && button->text != NULL
            && (strcmp(button->text, id) == 0
                || (title != NULL && strcmp(title, id) == 0)))
        {
            reply->id = button->text;
            reply->title = (char *) (title != NULL ? title : button->text);
            return true;
        }
    }

    for (i = 0; record != NULL && i < record->n_buttons; i++) {
        title = record->buttons[i]->text;

        if (record->buttons[i]->url == NULL && title != NULL
            && strcmp(title, id) == 0)
        {
            reply->id = (char *) title;
            reply->title = (char *) title;
            return true;
        }
    }

    return false;
}


static bool
talk_row(const Pl__Action *action, const char *id, Pl__Reply *reply)
{
    size_t          i, k;
    const Pl__Row  *row;

    for (i = 0; i < action->n_sections; i++) {
        for (k = 0; k < action->sections[i]->n_rows; k++) {
            row = action->sections[i]->rows[k];

            if (strcmp(row->id, id) == 0 || strcmp(row->title, id) == 0) {
                reply->kind = PL__REPLY_KIND__REPLY_KIND_LIST;
                reply->id = row->id;
                reply->title = row->title;
                reply->description = row->description;
                return true;
            }
        }
    }

    return false;
}


static void
talk_key(plctl_world_t *world, uint8_t *key)
{
    memset(key, 0, PL_REQUEST_KEY_LEN);
    pl_be64_put(key + PL_REQUEST_KEY_LEN - 8, plctl_world_draw(world));
}


static void
talk_sender(const plctl_person_t *person, Pl__Sender *sender)
{
    sender->phone = (char *) person->phone;
    sender->name = (char *) person->name;
}
