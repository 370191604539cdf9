/*
 * Conversations: the inbox. What is read is in inbox_read.c, replies and
 * notes are in inbox_reply.c and inbox_notes.c, how one is shown is in
 * inbox_view.c; here are the rows, and what is done with a conversation.
 */

#include <string.h>

#include "../engine/inbox.h"
#include "../engine/owner.h"
#include "../engine/words_find.h"
#include "inbox_impl.h"

static pl_status_t conversation_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_assign(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_release(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_owner(pl_api_call_t *call,
    const Pl__Api__AssignBody *body, pl_err_t *err);
static pl_status_t conversation_status(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_read(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_archive(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_tags(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_tags(pl_api_call_t *call, pl_err_t *err);
static pl_status_t contact_tags_told(pl_api_call_t *call, pl_err_t *err);
static pl_status_t conversation_tag(pl_api_call_t *call,
    const pl_party_t *party, bool contact, pl_err_t *err);


#define MOST(shape, field, max)                                               \
    { &pl__api__##shape##__descriptor, field, PL_RULE_LEN_MAX, NULL, max }
#define LEAST(shape, field, min)                                              \
    { &pl__api__##shape##__descriptor, field, PL_RULE_LEN_MIN, NULL, min }
#define PAIRS(shape, field)                                                   \
    { &pl__api__##shape##__descriptor, field, PL_RULE_MAP, "name", 0 },       \
    { &pl__api__##shape##__descriptor, field, PL_RULE_PAIR, "value", 0 },     \
    MOST(shape, field, PL_VARIABLES_MAX)

static const pl_rule_t  conversation_rows[] = {
    PAIRS(reply_body, "variables"),
    LEAST(assign_body, "owner", 1),
    MOST(assign_body, "owner", PL_OWNER_MAX),
    MOST(assign_body, "reason", PL_REASON_MAX),
    MOST(status_body, "reason", PL_REASON_MAX),
    LEAST(note_body, "text", 1),
    MOST(note_body, "text", PL_NOTE_MAX),
    MOST(tag_body, "add", PL_TAGS_MAX),
    MOST(tag_body, "remove", PL_TAGS_MAX),
    MOST(search_query, "q", PL_FIND_TEXT_MAX),
    LEAST(search_query, "q", 1),
};

static const pl_rules_t  conversation_rules = {
    conversation_rows, PL_COUNT(conversation_rows)
};

static const pl_json_word_t  conversation_word_rows[] = {
    { &pl__api__conversation_view__descriptor, "unread_count",
      "Messages that came in behind read_to." },
    { &pl__api__conversation_view__descriptor, "owner_epoch",
      "Grows with each change of hands: an assignment may name the one that "
      "it saw." },
    { &pl__api__conversation_query__descriptor, "owner",
      "A name, or bot for those that nobody has taken over." },
    { &pl__api__conversation_query__descriptor, "archived",
      "true: those alone. Otherwise the others." },
    { &pl__api__conversation_list__descriptor, "cut",
      "A bound was reached before the page was full; next goes on." },
    { &pl__api__thread_query__descriptor, "before",
      "The page that ends below this message, and the notes up to it." },
    { &pl__api__thread_query__descriptor, "after",
      "The page that begins above this message, and the notes behind it." },
    { &pl__api__thread_query__descriptor, "around",
      "This message, half a page each way." },
    { &pl__api__thread_list__descriptor, "cut",
      "The place was too far to be found, or more notes stand here than the "
      "200 that a page shows." },
    { &pl__api__read_body__descriptor, "message",
      "The last message that was seen. What came behind it stays unread." },
    { &pl__api__search_query__descriptor, "q",
      "Words that are all in a message; a word with * at its end stands for "
      "those that begin so. Capitals and accents make no difference." },
};

static const pl_json_words_t  conversation_words = {
    conversation_word_rows, PL_COUNT(conversation_word_rows)
};

#define READS(id, at, shape_in, shape_out, step, line, more)                  \
    { .name = id, .method = PL_API_GET, .path = at,                           \
      .may = PL_MAY_INBOX_READ, .query = shape_in, .answer = shape_out,       \
      .status = 200, .ask = step, .summary = line, .text = more }
#define WRITES(id, how, at, shape, step, line, more)                          \
    { .name = id, .method = how, .path = at, .may = PL_MAY_INBOX_WRITE,       \
      .body = shape, .answer = &pl__api__conversation_view__descriptor,       \
      .status = 200, .ask = step, .told = pl_inbox_told, .summary = line,     \
      .text = more }
#define ONE  "/v1/conversations/{conversation}"

static const pl_api_op_t  conversation_ops[] = {
    READS("listConversations", "/v1/conversations",
          &pl__api__conversation_query__descriptor,
          &pl__api__conversation_list__descriptor, pl_inbox_list_ask,
          "Lists conversations, the newest message first",
          "A page keeps its place while messages come in: a conversation "
          "that speaks meanwhile is at the top again."),
    READS("getUnread", "/v1/unread", &pl__api__unread_query__descriptor,
          &pl__api__unread_view__descriptor, pl_inbox_unread_ask,
          "Counts what is unread", "Of all conversations, or of one owner's."),
    READS("getConversation", ONE, NULL,
          &pl__api__conversation_view__descriptor, conversation_get,
          "Shows one conversation", NULL),
    READS("listThread", ONE "/messages", &pl__api__thread_query__descriptor,
          &pl__api__thread_list__descriptor, pl_inbox_thread_ask,
          "Lists a conversation's messages and notes, newest first",
          "Before or behind a message, or around it."),
    { .name = "replyToConversation", .method = PL_API_POST,
      .path = ONE "/reply", .may = PL_MAY_INBOX_WRITE,
      .body = &pl__api__reply_body__descriptor,
      .answer = &pl__api__send_answer__descriptor, .status = 201,
      .flags = PL_API_BULK, .ask = pl_inbox_reply_ask,
      .told = pl_inbox_reply_told, .summary = "Answers somebody",
      .text = "By the channel that is named, or that of the last message. "
              "Policy decides as for any other message." },
    WRITES("assignConversation", PL_API_PUT, ONE "/owner",
           &pl__api__assign_body__descriptor, conversation_assign,
           "Has somebody answer in place of the bot",
           "The bot falls silent. With epoch, only if nobody was quicker."),
    WRITES("releaseConversation", PL_API_DELETE, ONE "/owner", NULL,
           conversation_release, "Gives a conversation back to the bot",
           NULL),
    WRITES("setConversationStatus", PL_API_PUT, ONE "/status",
           &pl__api__status_body__descriptor, conversation_status,
           "Closes a conversation, opens it, or says what came of it",
           "Steps that docs/conversations.md does not have are refused."),
    WRITES("markRead", PL_API_PUT, ONE "/read",
           &pl__api__read_body__descriptor, conversation_read,
           "Marks a conversation read, up to a message",
           "Again, or up to an older message: nothing changes."),
    WRITES("archiveConversation", PL_API_PUT, ONE "/archive", NULL,
           conversation_archive, "Puts a conversation away",
           "It comes back when they write."),
    WRITES("unarchiveConversation", PL_API_DELETE, ONE "/archive", NULL,
           conversation_archive, "Takes a conversation out of the archive",
           NULL),
    WRITES("tagConversation", PL_API_POST, ONE "/tags",
           &pl__api__tag_body__descriptor, conversation_tags,
           "Adds and removes tags of a conversation", NULL),
    { .name = "tagContact", .method = PL_API_POST,
      .path = "/v1/contacts/{contact}/tags", .may = PL_MAY_CONTACTS_WRITE,
      .body = &pl__api__tag_body__descriptor,
      .answer = &pl__api__tag_list__descriptor, .status = 200,
      .ask = contact_tags, .told = contact_tags_told,
      .summary = "Adds and removes tags of a contact" },
    { .name = "listNotes", .method = PL_API_GET, .path = ONE "/notes",
      .may = PL_MAY_NOTES_READ, .query = &pl__api__note_query__descriptor,
      .answer = &pl__api__note_list__descriptor, .status = 200,
      .ask = pl_inbox_notes_ask,
      .summary = "Lists a conversation's notes, newest first",
      .text = "Only people here see them: a bot may write one and reads "
              "none." },
    { .name = "addNote", .method = PL_API_POST, .path = ONE "/notes",
      .may = PL_MAY_INBOX_WRITE, .body = &pl__api__note_body__descriptor,
      .answer = &pl__api__note_view__descriptor, .status = 201,
      .ask = pl_inbox_note_add_ask, .told = pl_inbox_note_add_told,
      .summary = "Writes a note for colleagues",
      .text = "It is never sent." },
    { .name = "deleteNote", .method = PL_API_DELETE,
      .path = ONE "/notes/{note}", .may = PL_MAY_INBOX_WRITE, .status = 204,
      .ask = pl_inbox_note_drop_ask, .summary = "Takes a note away",
      .text = "One's own; an admin anybody's." },
    READS("search", "/v1/search", &pl__api__search_query__descriptor,
          &pl__api__search_list__descriptor, pl_inbox_search_ask,
          "Searches messages and people",
          "Messages that have all of the words, newest first; people by the "
          "beginning of their names or addresses."),
};

const pl_api_resource_t  pl_api_conversations = {
    .name = "Conversations",
    .text = "The inbox: who said what, who answers, what is unread.",
    .ops = conversation_ops,
    .n_ops = PL_COUNT(conversation_ops),
    .rules = &conversation_rules,
    .words = &conversation_words,
};


static pl_status_t
conversation_get(pl_api_call_t *call, pl_err_t *err)
{
    return pl_inbox_told(call, err);
}


static pl_status_t
conversation_assign(pl_api_call_t *call, pl_err_t *err)
{
    return conversation_owner(call,
                              (const Pl__Api__AssignBody *) call->body, err);
}


static pl_status_t
conversation_release(pl_api_call_t *call, pl_err_t *err)
{
    return conversation_owner(call, NULL, err);
}


static pl_status_t
conversation_owner(pl_api_call_t *call, const Pl__Api__AssignBody *body,
    pl_err_t *err)
{
    pl_party_t         party;
    Pl__Command        command = PL__COMMAND__INIT;
    pl_status_t        rc;
    Pl__OwnerChange   *in;
    Pl__Conversation  *conv;

    if (body != NULL && pl_owner_reserved(body->owner)) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "owner",
                              "lists and events say bot and none of those "
                              "whom nobody has taken over");
    }

    rc = pl_inbox_param(call, &party, &conv, err);
    in = pl_arena_alloc(call->ar, sizeof(*in));

    if (rc != PL_OK || in == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__owner_change__init(in);
    in->tenant = party.tenant;
    in->party_kind = party.kind;
    in->party = party.party;
    in->actor = (char *) call->who.actor;

    if (body != NULL) {
        in->owner = body->owner;
        in->reason = body->reason;
        in->has_epoch = body->has_epoch;
        in->epoch = body->epoch;
    }

    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
conversation_status(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t                   party;
    Pl__Command                  command = PL__COMMAND__INIT;
    pl_status_t                  rc;
    Pl__StatusSet               *in;
    Pl__Conversation            *conv;
    const Pl__Api__StatusBody   *body;

    body = (const Pl__Api__StatusBody *) call->body;
    rc = pl_inbox_param(call, &party, &conv, err);
    in = pl_arena_alloc(call->ar, sizeof(*in));

    if (rc != PL_OK || in == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__status_set__init(in);
    in->tenant = party.tenant;
    in->party_kind = party.kind;
    in->party = party.party;
    in->status = body->status;
    in->reason = body->reason;
    in->actor = (char *) call->who.actor;

    command.of_case = PL__COMMAND__OF_STATUS_SET;
    command.status_set = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
conversation_read(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t                 party;
    Pl__Command                command = PL__COMMAND__INIT;
    pl_status_t                rc;
    Pl__MarkRead              *in;
    Pl__Conversation          *conv;
    const Pl__Api__ReadBody   *body;

    body = (const Pl__Api__ReadBody *) call->body;
    rc = pl_inbox_param(call, &party, &conv, err);
    in = pl_arena_alloc(call->ar, sizeof(*in));

    if (rc != PL_OK || in == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__mark_read__init(in);
    in->tenant = party.tenant;
    in->party_kind = party.kind;
    in->party = party.party;
    in->actor = (char *) call->who.actor;
    in->has_receipt = body->receipt;
    in->receipt = body->receipt;

    rc = pl_inbox_message(call, body->message, "message", &in->message);
    if (rc != PL_OK) {
        return rc;
    }

    command.of_case = PL__COMMAND__OF_MARK_READ;
    command.mark_read = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
conversation_archive(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t         party;
    Pl__Archive       *in;
    Pl__Command        command = PL__COMMAND__INIT;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = pl_inbox_param(call, &party, &conv, err);
    in = pl_arena_alloc(call->ar, sizeof(*in));

    if (rc != PL_OK || in == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__archive__init(in);
    in->tenant = party.tenant;
    in->party_kind = party.kind;
    in->party = party.party;
    in->archived = call->op->method == PL_API_PUT;
    in->actor = (char *) call->who.actor;

    command.of_case = PL__COMMAND__OF_ARCHIVE;
    command.archive = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
conversation_tags(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = pl_inbox_param(call, &party, &conv, err);

    return rc == PL_OK ? conversation_tag(call, &party, false, err) : rc;
}


static pl_status_t
contact_tags(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t    party;
    pl_status_t   rc;
    Pl__Contact  *contact;

    rc = pl_rows_contact(call, 0, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    party.tenant = call->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->has_joined_to ? contact->joined_to : contact->id;

    return conversation_tag(call, &party, true, err);
}


static pl_status_t
contact_tags_told(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t           id;
    pl_apply_t         ap;
    pl_status_t        rc;
    Pl__Contact       *contact;
    Pl__Api__TagList   answer = PL__API__TAG_LIST__INIT;

    rc = pl_rows_param(call, 0, "cnt_", &id);
    if (rc != PL_OK) {
        return rc;
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_root(&ap, call->tenant, id, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    answer.tags = contact->tags;
    answer.n_tags = contact->n_tags;

    return pl_api_answer(call, 0, &answer.base, err);
}


static pl_status_t
conversation_tag(pl_api_call_t *call, const pl_party_t *party, bool contact,
    pl_err_t *err)
{
    Pl__TagSet                *in;
    Pl__Command                command = PL__COMMAND__INIT;
    const Pl__Api__TagBody    *body;

    body = (const Pl__Api__TagBody *) call->body;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__tag_set__init(in);
    in->tenant = party->tenant;
    in->party_kind = party->kind;
    in->party = party->party;
    in->add = body->add;
    in->n_add = body->n_add;
    in->remove = body->remove;
    in->n_remove = body->n_remove;
    in->actor = (char *) call->who.actor;
    in->has_contact = contact;
    in->contact = contact;

    command.of_case = PL__COMMAND__OF_TAG_SET;
    command.tag_set = in;

    return pl_api_command(call, &command, err);
}
