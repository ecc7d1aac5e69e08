using System.Net;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Testing;

namespace Cea.Channels.Tests.Status;

/// <summary>What is added with a receipt code becomes feedback like any other, and nothing else.</summary>
public sealed class AdditionTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _people;
    private StatusSite _site = null!;
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _site = await StatusSite.StartAsync(database.Databases);
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from receipt_try");
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task It_joins_the_item_of_its_code_once_and_is_answered_by_the_page_alone()
    {
        var receipt = await SayAsync("[complaint|water|normal|0|en] the pump is dry");
        await database.ExecuteAsync("update item set last_message_at = now() - interval '9 days' where id = $1", receipt.MessageId);
        var (sent, click) = (await CountAsync("select count(*) from outbox"), Guid.CreateVersion7());

        foreach (var _ in new[] { 1, 2 }) // a double click
        {
            var (status, html) = await _site.AddAsync(receipt.Code!, "[complaint|water|high|0|en] still no drop", click);
            status.ShouldBe(HttpStatusCode.OK);
            html.ShouldContain("We have what you added");
            html.ShouldNotContain("drop");
        }
        await _pipeline.TriageAllAsync();

        (await CountAsync("select count(*) from message where item_id = $1 and direction = 'in'", receipt.MessageId)).ShouldBe(2);
        (await database.ScalarAsync<string>("select urgency from item where id = $1", receipt.MessageId)).ShouldBe("high");
        (await database.ScalarAsync<bool>("select bool_and(m.person_id = i.person_id) from message m join item i on i.id = m.item_id where i.id = $1 and m.direction = 'in'", receipt.MessageId)).ShouldBeTrue();
        (await database.ScalarAsync<string>("select text from open_search where item_id = $1", receipt.MessageId)).ShouldContain("no drop");
        (await CountAsync("select count(*) from outbox")).ShouldBe(sent);
        (await _site.LookAsync(receipt.Code!)).Html.ShouldNotContain("drop");
    }

    [Theory]
    [InlineData("STOP"), InlineData("DELETE"), InlineData("yes"), InlineData("info"), InlineData("lang es"), InlineData("4")]
    public async Task No_word_of_it_is_a_command(string word)
    {
        var receipt = await SayAsync("[complaint|water|normal|0|en] the pump is dry");
        await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'asked' from item where id = $1", receipt.MessageId);
        (await _site.AddAsync(receipt.Code!, word)).Html.ShouldContain("We have what you added");
        await _pipeline.TriageAllAsync();
        (await CountAsync("select count(*) from opt_out")).ShouldBe(0);
        (await CountAsync("select count(*) from erasure where state <> 'asked'")).ShouldBe(0);
        (await CountAsync("select count(*) from person where stated_lang is not null")).ShouldBe(0);
        // It was not understood: it waits for its check, beside the item.
        (await database.ScalarAsync<bool>("select i.linked_item_id = $1 and i.circle_id = 1 from item i where i.person_id = (select person_id from item where id = $1) and i.id <> $1", receipt.MessageId)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_confidential_word_counts_since_it_only_restricts()
    {
        var receipt = await SayAsync("[complaint|water|normal|0|en] the pump is dry");
        await _site.AddAsync(receipt.Code!, "X");
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select urgency || ' ' || sensitivity || ' ' || circle_id from item where linked_item_id = $1", receipt.MessageId)).ShouldBe("high 2 1");
    }

    [Fact]
    public async Task What_is_coded_above_the_item_is_one_of_its_own_and_the_first_shows_nothing()
    {
        var receipt = await SayAsync("[complaint|water|normal|0|en] the pump is dry");
        var before = await _site.LookAsync(receipt.Code!);
        (await _site.AddAsync(receipt.Code!, "[complaint|sea_staff_abuse|high|2|en] a man wants a favour")).Html.ShouldContain("We have what you added");
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<bool>("select circle_id > 1 and person_id = (select person_id from item where id = $1) from item where linked_item_id = $1", receipt.MessageId)).ShouldBeTrue();
        (await CountAsync("select count(*) from message where item_id = $1 and direction = 'in'", receipt.MessageId)).ShouldBe(1);
        (await database.ScalarAsync<string>("select urgency from item where id = $1", receipt.MessageId)).ShouldBe("normal");
        StatusSite.Same((await _site.LookAsync(receipt.Code!)).Html).ShouldBe(StatusSite.Same(before.Html));
    }

    [Theory]
    [InlineData("1 day", "joins"), InlineData("20 days", "is another")]
    public async Task An_item_of_nobody_takes_additions_too_and_one_that_was_done_lately_opens_again(string ago, string outcome)
    {
        var receipt = (await _pipeline.Inbox.StoreAsync("api", [new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), Text = new PersonalText("[complaint|water|normal|0|en] the pump is dry"), Channel = "api" }], default, default))[0];
        await _pipeline.TriageAllAsync();
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = now() - $2::interval, loop_closed_at = now() - $2::interval, loop_method = 'notice' where id = $1", receipt.MessageId, ago);
        await _site.AddAsync(receipt.Code!, "[complaint|water|normal|0|en] dry again");
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select status from item where id = $1", receipt.MessageId)).ShouldBe(outcome == "joins" ? "in_progress" : "closed");
        (await CountAsync("select count(*) from message where item_id = $1", receipt.MessageId)).ShouldBe(outcome == "joins" ? 2 : 1);
        (await CountAsync("select count(*) from item where linked_item_id = $1 and person_id is null and circle_id = 0", receipt.MessageId)).ShouldBe(outcome == "joins" ? 0 : 1);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_complaint_about_how_it_was_handled_goes_to_somebody_else(bool known)
    {
        var receipt = known ? await SayAsync("[complaint|water|normal|0|en] the pump is dry")
            : (await _pipeline.Inbox.StoreAsync("api", [new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), Text = new PersonalText("[complaint|water|normal|0|en] the pump is dry"), Channel = "api" }], default, default))[0];
        await _pipeline.TriageAllAsync();
        var handler = await database.ScalarAsync<int>("insert into officer (user_name, roles) values ('handler', '{officer}') returning id");
        await database.ExecuteAsync("update item set assignee_id = $2, status = 'in_progress' where id = $1", receipt.MessageId, handler);
        await _site.AddAsync(receipt.Code!, "[complaint|information_language|normal|0|en] nobody answers me");
        await _pipeline.TriageAllAsync();
        // Of a person it is an item of its own, linked; of nobody it stays with the item, and that changes hands.
        (await database.ScalarAsync<bool>($"select handler_before_id = $2 and assignee_id is distinct from $2 from item where {(known ? "linked_item_id" : "id")} = $1", receipt.MessageId, handler)).ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_is_stored_for_an_unknown_code_an_empty_text_or_beyond_ten_a_day()
    {
        var receipt = await SayAsync("[complaint|water|normal|0|en] the pump is dry");
        (await _site.AddAsync(ReceiptCode.New(), "more")).Html.ShouldContain("We do not find this code");
        (await _site.AddAsync(receipt.Code!, "  ")).Html.ShouldNotContain("We have what you added");
        (await CountAsync("select count(*) from inbox")).ShouldBe(0);
        for (var i = 0; i < ReceiptDesk.AddedWithOne; i++)
            (await _site.AddAsync(receipt.Code!, "[complaint|water|normal|0|en] more")).Status.ShouldBe(HttpStatusCode.OK);
        (await _site.AddAsync(receipt.Code!, "[complaint|water|normal|0|en] more")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await CountAsync("select count(*) from inbox")).ShouldBe(ReceiptDesk.AddedWithOne);
        await _pipeline.TriageAllAsync();
    }

    private Task<Receipt> SayAsync(string text) => _pipeline.SayAsync($"+5025553{Interlocked.Increment(ref _people):D4}", text);

    private Task<long> CountAsync(string sql, params object[] values) => database.ScalarAsync<long>(sql, values);
}
