using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>Words that ask for something other than feedback: stop, start, info, erase, language, and the answer to our one question. An open question is looked at first.</summary>
internal sealed class KeywordAnswers(TriageWriter writer, TriageFacts facts, DateTimeOffset now)
{
    /// <summary>Which word it is: under the lock the person's own language is known, and whether a question of ours is open: then yes and no are its answer.</summary>
    public static (Keyword Kind, string Language)? Word(Prepared m, PersonState person, TextBook book)
    {
        if (m.Received.AnsweredByProvider is "stop" or "start" || m.Received.Fields.Count > 0 || m.Received.Media.Count > 0)
            return m.Keyword;
        var asked = person.ErasureAsked || person.OpenSurvey is not null;
        var word = book.Recognise(m.Text, person.StatedLang ?? (m.Language == "und" ? null : m.Language), asked);
        // Twilio takes YES of somebody who stopped for START, whatever we think.
        return word is { Kind: Keyword.Yes } yes && !asked && person.OptedOut.Contains(m.AccountId) ? (Keyword.Start, yes.Language) : word;
    }

    /// <summary>True when the message was such a word and is settled.</summary>
    public async Task<bool> TakeAsync(NpgsqlConnection connection, Prepared m, PersonState person, CancellationToken ct)
    {
        if (m.Received.Media.Count > 0)
        {
            Switch(m, person);
            return false; // a word with a file is feedback
        }
        var word = m.Keyword?.Kind;
        if (person.ErasureAsked && word is Keyword.Yes)
        {
            await EraseAsync(m, person);
            return true;
        }
        if (word is Keyword.Yes or Keyword.No && person.Items.FirstOrDefault(i => i.Id == person.OpenSurvey) is { Leaves: false } asked)
        {
            AnswerSurvey(m, person, asked, solved: word is Keyword.Yes);
            return true;
        }
        switch (word)
        {
            case Keyword.Stop:
                Record(m, person);
                Stop(m, person);
                Answer(m, person, "stopped", owed: true);
                person.OptedOut.Add(m.AccountId);
                return true;
            case Keyword.Start:
                Record(m, person);
                Start(m, person);
                Answer(m, person, "started");
                return true;
            case Keyword.Info:
                Record(m, person);
                if (Answer(m, person, "info"))
                    writer.Add("update person set notice_at = $2, notice_version = $3 where id = $1", person.Id, now, TextBook.NoticeVersion);
                return true;
            case Keyword.Erase:
                Record(m, person);
                writer.Add("insert into erasure (hash, space, person_id, asked_at, state) values ($1, $2, $3, $4, 'asked')", m.Address!.Hash, m.Address.Space, person.Id, now);
                person.ErasureAsked = true;
                person.OpenSurvey = null;
                Answer(m, person, "erase_confirm", owed: true); // or the next "yes" would erase what nobody asked about
                return true;
            case Keyword.Language:
                Record(m, person);
                Say(m, person, TextBook.Default.MenuText(Triage.LanguageFor(m, person)), Triage.LanguageFor(m, person), menu: true);
                return true;
        }
        if (await ChosenAsync(connection, m, person, ct) is { } language)
        {
            Record(m, person);
            writer.Add("update person set stated_lang = $2 where id = $1", person.Id, language);
            person.StatedLang = language;
            var code = person.Items.LastOrDefault()?.Code ?? m.ReceiptCode!;
            var said = TextBook.Default.Say(language, "language_set", facts.Told(Intake.ReceiptCode.Read(code)));
            Say(m, person, said.Text, said.Language);
            return true;
        }
        return false;
    }

    // What the provider did at a word that came with a file is so here too.
    private void Switch(Prepared m, PersonState person)
    {
        if (m.Received.AnsweredByProvider is "stop")
        {
            Stop(m, person);
            person.OptedOut.Add(m.AccountId);
        }
        else if (m.Received.AnsweredByProvider is "start")
        {
            Start(m, person);
        }
    }

    private void Stop(Prepared m, PersonState person)
    {
        writer.Add("insert into opt_out (account_id, hash, at) values ($1, $2, $3) on conflict do nothing", m.AccountId, m.Address!.Hash, now);
        writer.Add("update outbox set state = 'cancelled', body = '' where person_id = $1 and account_id = $2 and state in ('due', 'held')", person.Id, m.AccountId);
    }

    private void Start(Prepared m, PersonState person)
    {
        writer.Add("delete from opt_out where account_id = $1 and hash = $2", m.AccountId, m.Address!.Hash);
        person.OptedOut.Remove(m.AccountId);
    }

    // A bare number answers the menu only when the menu was the last thing that we said on this line, and nothing but a word was said since; else it is feedback: how many they are, how long they wait.
    private async Task<string?> ChosenAsync(NpgsqlConnection connection, Prepared m, PersonState person, CancellationToken ct)
    {
        var text = TextBook.Fold(m.Text);
        if (text.StartsWith("lang ", StringComparison.Ordinal) && TextBook.Default.Supports(text[5..]))
            return text[5..];
        if (TextBook.Default.LanguageByNumber(m.Text) is not { } chosen)
            return null;
        await writer.WriteAsync(ct); // what came before may be of this very lot
        await using var command = new NpgsqlCommand("""
            select (select kind from message where person_id = $1 and direction = 'in' order by recorded_at desc, id desc limit 1) = 'word'
               and (select menu from outbox where person_id = $1 and account_id = $2 and state <> 'failed' order by created_at desc, menu desc limit 1)
            """, connection) { Parameters = { new() { Value = person.Id }, new() { Value = m.AccountId } } };
        return await command.ExecuteScalarAsync(ct) is true ? chosen : null;
    }

    private void AnswerSurvey(Prepared m, PersonState person, KnownItem item, bool solved)
    {
        person.OpenSurvey = null;
        writer.Add("update survey set answered_at = $2, solved = $3 where item_id = $1 and answered_at is null", item.Id, now, solved);
        writer.Message(m, item.Id, person, item.AudienceId, item.Circles, "survey", null);
        writer.Event(item.Id, item.AudienceId, "survey_answered", solved ? """{"solved":true}""" : """{"solved":false}""");
        writer.Add("update item set last_message_at = greatest(last_message_at, $2) where id = $1", item.Id, m.SpokenAt);
        if (!solved && !item.IsOpen)
            writer.Reopen(item, "survey", complains: true);
        else if (!solved)
            writer.LookAgain(item, m.ReceivedAt);
        Answer(m, person, "survey_thanks");
    }

    // What was recorded until now, and nothing that he says after it. Open items only: at once. With anything restricted, or waiting for its check, on the number the same neutral answer goes out and the focal point decides (S15).
    private Task EraseAsync(Prepared m, PersonState person)
    {
        Record(m, person);
        Answer(m, person, "erase_done", owed: true);
        person.ErasureAsked = false;
        writer.Add("update erasure set state = $2, confirmed_at = $3 where person_id = $1 and state = 'asked'", person.Id, person.EverRestricted || person.Items.Any(i => i.CircleId != Circle.Open.Id) ? "focal_point" : "confirmed", m.ReceivedAt);
        (person.ErasedUntil, person.OpenSurvey) = (m.ReceivedAt, null);
        foreach (var item in person.Items)
            item.Leaves = true;
        return Task.CompletedTask;
    }

    private void Record(Prepared m, PersonState person) => writer.Message(m, null, person, Audience.OpenId, [0], "word", null);

    private bool Answer(Prepared m, PersonState person, string key, bool owed = false)
    {
        var code = person.Items.LastOrDefault()?.Code ?? m.ReceiptCode!;
        var said = TextBook.Default.Say(Triage.LanguageFor(m with { Language = m.Keyword?.Language is { Length: > 0 } l ? l : m.Language }, person), key, facts.Told(Intake.ReceiptCode.Read(code)));
        return Say(m, person, said.Text, said.Language, owed);
    }

    // To who stopped, only the confirmation of the stop itself; nothing at all where the provider has answered (its own list would refuse it anyway).
    private bool Say(Prepared m, PersonState person, string text, string language, bool owed = false, bool menu = false)
    {
        if (m.Received.AnsweredByProvider is not null || person.OptedOut.Contains(m.AccountId) || (!owed && writer.IsEnough(person)))
            return false;
        writer.Say(m, person, null, Audience.OpenId, text, language, "word", Outgoing.AckLane, menu);
        return true;
    }
}
