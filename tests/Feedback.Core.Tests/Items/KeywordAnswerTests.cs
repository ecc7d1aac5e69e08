using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>A short word is an answer to what we asked last, or a command, or feedback: nothing that somebody says is lost between the three.</summary>
public sealed class KeywordAnswerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Line = "desk", Water = "[complaint|water|normal|0|es] no hay agua";
    private static readonly PaperChannel Desk = new("desk-paper", new() { AddressSpace = "tel", MaxLength = 1000 }, []);
    private static int _number = 210000;
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}";
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private Office _office = null!;
    private Pipeline _pipeline = null!;
    private int _messages;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, _clock);
        _office = new Office(database, _clock, new Dictionary<string, string?> { ["Channels:desk:Kind"] = "desk-paper" }, Desk);
        await _pipeline.SetUpAsync();
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Theory]
    [InlineData("", "confirmed"), InlineData("due", "asked"), InlineData("held", "asked"), InlineData("sent", "asked"), InlineData("cancelled", "asked"), InlineData("failed", "confirmed")]
    public async Task A_yes_after_an_officer_has_written_is_no_yes_to_being_erased(string reply, string erasure)
    {
        var item = await SayAsync(Water);
        await SayAsync("borrar mis datos");
        if (reply.Length > 0)
        {
            await ReplyAsync(item, "Necesita todavia al doctor?");
            await database.ExecuteAsync("update outbox set state = $2 where item_id = $1 and purpose = 'reply'", item, reply);
        }
        var yes = await SayAsync("si");
        (await database.ScalarAsync<string>("select state from erasure where person_id = $1", await PersonAsync())).ShouldBe(erasure);
        (await KindAsync(yes)).ShouldBe(erasure == "asked" ? "message true" : "word false");
    }

    [Fact]
    public async Task A_reply_that_waited_and_went_out_after_our_question_is_what_a_yes_answers()
    {
        var item = await SayAsync(Water);
        await ReplyAsync(item, "Necesita todavia al doctor?");
        await SayAsync("borrar mis datos");
        _clock.Advance(TimeSpan.FromMinutes(5));
        await database.ExecuteAsync("update outbox set state = 'sent', sent_at = $2 where item_id = $1 and purpose = 'reply'", item, _clock.GetUtcNow().UtcDateTime);
        (await KindAsync(await SayAsync("si"))).ShouldBe("message true");
        (await database.ScalarAsync<string>("select state from erasure where person_id = $1", await PersonAsync())).ShouldBe("asked");
    }

    [Theory]
    [InlineData("si", true), InlineData("no", true), InlineData("si", false), InlineData("no", false)]
    public async Task A_yes_or_no_to_an_officer_is_no_answer_to_the_survey_of_another_item(string word, bool replied)
    {
        var surveyed = await SurveyedAsync(closedDaysAgo: 15, surveyedDaysAgo: 13);
        var second = await SayAsync(Water);
        second.ShouldNotBe(await ItemOfAsync(surveyed));
        if (replied)
            await ReplyAsync(second, "Necesita una ambulancia?");
        var answer = await SayAsync(word);
        (await database.ScalarAsync<bool>("select answered_at is null from survey where item_id = $1", surveyed)).ShouldBe(replied);
        (await KindAsync(answer)).ShouldBe(replied ? "message true" : "survey true");
    }

    [Fact]
    public async Task A_no_to_being_erased_is_no_answer_to_an_earlier_survey_and_a_yes_to_a_later_survey_erases_nothing()
    {
        var surveyed = await SurveyedAsync(closedDaysAgo: 2, surveyedDaysAgo: 1);
        await SayAsync("borrar mis datos");
        (await KindAsync(await SayAsync("no"))).ShouldBe("message true");
        (await database.ScalarAsync<bool>("select answered_at is null from survey where item_id = $1", surveyed)).ShouldBeTrue();

        await database.ExecuteAsync("update survey set asked_at = null, due_at = $2 where item_id = $1", surveyed, _clock.GetUtcNow().UtcDateTime);
        (await new SurveyRound(database.Databases, TestDatabase.Keys, _clock).RunAsync(CancellationToken.None)).ShouldBe(1);
        await database.ExecuteAsync("update outbox set state = 'sent', sent_at = $1 where state = 'due'", _clock.GetUtcNow().AddSeconds(1).UtcDateTime);
        (await KindAsync(await SayAsync("si"))).ShouldBe("survey true");
        (await database.ScalarAsync<bool>("select solved from survey where item_id = $1", surveyed)).ShouldBeTrue();
        (await database.ScalarAsync<string>("select state from erasure where person_id = $1", await PersonAsync())).ShouldBe("asked");
    }

    [Fact]
    public async Task A_no_about_a_case_that_took_long_opens_it_again()
    {
        var surveyed = await SurveyedAsync(closedDaysAgo: 20, surveyedDaysAgo: 10);
        await database.ExecuteAsync("update item set last_message_at = last_message_at - interval '95 days', recorded_at = recorded_at - interval '95 days' where id = $1", surveyed);
        (await KindAsync(await SayAsync("no"))).ShouldBe("survey true");
        (await database.ScalarAsync<string>("select status || ' ' || reopened from item where id = $1", surveyed)).ShouldBe("in_progress 1");
        (await database.ScalarAsync<bool>("select not solved from survey where item_id = $1", surveyed)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("HELP", "help", "1 false"), InlineData("help!!", "help", "1 false"), InlineData("HELP", "info", "1 false"), InlineData("[request|protection_violence|critical|1|en] HELP", "help", "3 true")] // "info": stored by an older build
    public async Task A_cry_for_help_that_the_provider_answered_is_an_item_without_a_word_of_ours(string text, string answered, string where)
    {
        var id = await SayAsync(text, answered: answered);
        (await database.ScalarAsync<string>("select circle_id || ' ' || checked from item where id = $1", id)).ShouldBe(where);
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1", await PersonAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task Info_that_the_provider_answered_is_a_word_without_a_word_of_ours()
    {
        (await KindAsync(await SayAsync("INFO", answered: "help"))).ShouldBe("word false");
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1", await PersonAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_and_a_start_that_the_provider_answered_hold_whatever_the_text()
    {
        (await KindAsync(await SayAsync("basta de mensajes", answered: "stop"))).ShouldBe("word false");
        (await OptedOutAsync()).ShouldBeTrue();
        (await KindAsync(await SayAsync("otra vez si", answered: "start"))).ShouldBe("word false");
        (await OptedOutAsync()).ShouldBeFalse();
    }

    [Theory]
    [InlineData("stop"), InlineData("info"), InlineData("borrar mis datos"), InlineData("lang en"), InlineData("language")]
    public async Task A_photo_with_a_word_is_feedback(string caption)
    {
        var id = await SayAsync(caption, photo: true);
        (await KindAsync(id)).ShouldBe("message true");
        (await database.ScalarAsync<long>("select count(*) from media where item_id = $1", id)).ShouldBe(1);
        (await OptedOutAsync()).ShouldBeFalse();
        (await database.ScalarAsync<long>("select count(*) from erasure where person_id = $1", await PersonAsync())).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1 and purpose = 'ack'", await PersonAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task A_photo_with_yes_no_or_a_number_answers_no_question_of_ours()
    {
        var surveyed = await SurveyedAsync(closedDaysAgo: 15, surveyedDaysAgo: 13);
        var no = await SayAsync("no", photo: true);
        (await KindAsync(no)).ShouldBe("message true");
        (await database.ScalarAsync<long>("select count(*) from media where message_id = $1 and item_id is not null", no)).ShouldBe(1);
        (await database.ScalarAsync<bool>("select answered_at is null from survey where item_id = $1", surveyed)).ShouldBeTrue();

        await SayAsync("LANGUAGE");
        (await KindAsync(await SayAsync("2", photo: true))).ShouldBe("message true");
        (await StatedAsync()).ShouldBe("");

        await SayAsync("borrar mis datos");
        (await KindAsync(await SayAsync("si", photo: true))).ShouldBe("message true");
        (await database.ScalarAsync<string>("select state from erasure where person_id = $1", await PersonAsync())).ShouldBe("asked");
    }

    [Fact]
    public async Task A_photo_with_the_word_for_confidence_stays_a_wish_to_talk_in_confidence()
    {
        var id = await SayAsync("X", photo: true);
        (await database.ScalarAsync<string>("select circle_id || ' ' || urgency || ' ' || sensitivity || ' ' || (select count(*) from media where item_id = i.id) from item i where id = $1", id)).ShouldBe("1 high 2 1");
    }

    [Fact]
    public async Task A_photo_with_a_stop_or_start_that_the_provider_answered_is_both()
    {
        var id = await SayAsync("STOP", photo: true, answered: "stop");
        (await OptedOutAsync()).ShouldBeTrue();
        (await KindAsync(id)).ShouldBe("message true");
        (await database.ScalarAsync<long>("select count(*) from media where item_id = $1", id)).ShouldBe(1);
        (await KindAsync(await SayAsync("START", photo: true, answered: "start"))).ShouldBe("message true");
        (await OptedOutAsync()).ShouldBeFalse();
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1", await PersonAsync())).ShouldBe(0);
    }

    [Theory]
    [InlineData(true, "in_progress"), InlineData(false, "closed")]
    public async Task A_photo_to_a_closed_item_opens_it_again_whatever_little_is_said_with_it(bool photo, string status)
    {
        var item = await SurveyedAsync(closedDaysAgo: 2, surveyedDaysAgo: 1);
        await SayAsync("[incomplete|other|low|0|es] mire", photo);
        (await database.ScalarAsync<string>("select status from item where id = $1", item)).ShouldBe(status);
    }

    [Theory]
    [InlineData("INFO"), InlineData("STOP"), InlineData("START")]
    public async Task A_bare_number_after_a_word_other_than_the_menus_is_feedback(string word)
    {
        await SayAsync(word);
        (await KindAsync(await SayAsync("12"))).ShouldBe("message true");
        (await StatedAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_bare_number_chooses_the_language_once_and_only_from_the_menu_that_was_the_last_we_said_there()
    {
        await SayAsync("LANGUAGE");
        (await KindAsync(await SayAsync("2"))).ShouldBe("word false");
        (await StatedAsync()).ShouldBe("en");
        (await KindAsync(await SayAsync("1"))).ShouldBe("message true", "the menu is answered");

        await SayAsync("LANGUAGE");
        await SayAsync("INFO");
        (await KindAsync(await SayAsync("1"))).ShouldBe("message true", "something else was said since");

        await SayAsync("LANGUAGE");
        (await KindAsync(await SayAsync("1", account: "line"))).ShouldBe("message true", "it was asked elsewhere");

        await SayAsync("LANGUAGE");
        await database.ExecuteAsync("update outbox set state = 'failed' where menu and person_id = $1", await PersonAsync());
        (await KindAsync(await SayAsync("1"))).ShouldBe("message true", "he never got it");
        (await StatedAsync()).ShouldBe("en");
    }

    // A minute later than what came before.
    private async Task<Guid> SayAsync(string text, bool photo = false, string? answered = null, string account = Line)
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        var receipt = (await _pipeline.Inbox.StoreAsync(account, [new MessageReceived
        {
            ExternalId = $"{_from} {_messages++}", From = new ContactAddress("tel", _from), Text = new PersonalText(text), AnsweredByProvider = answered,
            Media = photo ? [new ReceivedMedia("https://api.twilio.com/ME1", "image/jpeg", null, null)] : [],
        }], default, CancellationToken.None))[0];
        await _pipeline.TriageAllAsync();
        return receipt.MessageId;
    }

    private async Task ReplyAsync(Guid item, string text)
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        var officer = await _office.HireAsync($"officer-{_from[1..]}", [Roles.Officer]);
        await _office.AskAsync(officer, new ReplyToItem(item, new PersonalText(text), false, Guid.CreateVersion7()));
    }

    private async Task<Guid> SurveyedAsync(int closedDaysAgo, int surveyedDaysAgo)
    {
        var item = await SayAsync("[suggestion|opening_hours|normal|0|es] abran mas temprano");
        var now = _clock.GetUtcNow().UtcDateTime;
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = $2, loop_closed_at = $2, last_message_at = $2, recorded_at = $2 where id = $1", item, now.AddDays(-closedDaysAgo));
        await database.ExecuteAsync("update outbox set created_at = $2 where item_id = $1", item, now.AddDays(-closedDaysAgo));
        await database.ExecuteAsync("insert into survey (item_id, person_id, audience_id, due_at, asked_at) select id, person_id, 1, $2, $2 from item where id = $1", item, now.AddDays(-surveyedDaysAgo));
        return item;
    }

    private Task<string> KindAsync(Guid message) => database.ScalarAsync<string>("select kind || ' ' || (item_id is not null) from message where id = $1", message);

    private Task<Guid> ItemOfAsync(Guid message) => database.ScalarAsync<Guid>("select item_id from message where id = $1", message);

    private Task<Guid> PersonAsync() => database.ScalarAsync<Guid>("select person_id from address where hash = $1", TestDatabase.Keys.Hash("tel", _from));

    private Task<bool> OptedOutAsync() => database.ScalarAsync<bool>("select exists (select 1 from opt_out where hash = $1)", TestDatabase.Keys.Hash("tel", _from));

    private async Task<string> StatedAsync() => await database.ScalarAsync<string>("select coalesce(stated_lang, '') from person where id = $1", await PersonAsync());
}
