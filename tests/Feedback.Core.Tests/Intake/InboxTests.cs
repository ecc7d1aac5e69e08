using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Intake;

public sealed class InboxTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private WakeUp _wakeUp = null!;
    private Inbox _inbox = null!;

    public Task InitializeAsync()
    {
        _wakeUp = new WakeUp(database.Databases, TimeProvider.System);
        _inbox = new Inbox(database.Databases, TestDatabase.Keys, TimeProvider.System, _wakeUp);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _inbox.DisposeAsync();
        _wakeUp.Dispose();
    }

    [Fact]
    public async Task Sixty_four_parallel_calls_of_one_message_store_it_once_and_all_get_the_same_code()
    {
        var id = Guid.CreateVersion7().ToString();
        var receipts = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => _inbox.StoreAsync("line", [Said(id, "we wait since dawn")], "raw"u8.ToArray(), CancellationToken.None)));

        receipts.Select(r => r[0].Code).Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
        receipts.Count(r => !r[0].Repeated).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from inbox where id = $1", receipts[0][0].MessageId)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from raw_call where id = $1", receipts[0][0].MessageId)).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_provider_id_on_another_account_is_another_message()
    {
        var id = Guid.CreateVersion7().ToString();
        var one = await _inbox.StoreAsync("line-one", [Said(id, "water")], default, CancellationToken.None);
        var two = await _inbox.StoreAsync("line-two", [Said(id, "water")], default, CancellationToken.None);

        two[0].Repeated.ShouldBeFalse();
        two[0].MessageId.ShouldNotBe(one[0].MessageId);
    }

    [Fact]
    public async Task The_same_words_under_two_ids_are_two_messages_however_close()
    {
        var id = Guid.CreateVersion7().ToString();
        var receipts = await Task.WhenAll(new[] { "a", "b" }.Select(n => _inbox.StoreAsync("line", [Said(id + n, "still no water")], default, CancellationToken.None)));
        receipts.ShouldAllBe(r => !r[0].Repeated);
        receipts.Select(r => r[0].MessageId).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_repeat_is_known_for_ever_though_nothing_else_of_the_first_is_left()
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        await using var inbox = new Inbox(database.Databases, TestDatabase.Keys, clock, _wakeUp);
        var id = Guid.CreateVersion7().ToString();
        var first = (await inbox.StoreAsync("line", [Said(id, "water")], "raw"u8.ToArray(), CancellationToken.None))[0];
        await database.ExecuteAsync("with i as (delete from inbox where id = $1), r as (delete from receipt where message_id = $1) delete from raw_call where id = $1", first.MessageId);
        clock.Advance(TimeSpan.FromDays(400));
        await new Cea.Feedback.People.Retention(database.Databases, clock).RunAsync(CancellationToken.None);

        var again = (await inbox.StoreAsync("line", [Said(id, "water")], "raw"u8.ToArray(), CancellationToken.None))[0];

        (again.Repeated, again.MessageId).ShouldBe((true, first.MessageId));
        (await database.ScalarAsync<long>("select count(*) from inbox where id = $1", first.MessageId)).ShouldBe(0);
    }

    [Theory, InlineData("inbox"), InlineData("receipt")]
    public async Task What_breaks_while_it_is_stored_leaves_no_mark_that_swallows_the_next_try(string table)
    {
        var id = Guid.CreateVersion7().ToString();
        await database.ExecuteAsync($"create function breaks() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$; create trigger breaks before insert on {table} for each row execute function breaks()");
        await Should.ThrowAsync<NotStoredException>(_inbox.StoreAsync("line", [Said(id, "the queue is long")], default, CancellationToken.None));
        await database.ExecuteAsync($"drop trigger breaks on {table}; drop function breaks()");

        (await _inbox.StoreAsync("line", [Said(id, "the queue is long")], default, CancellationToken.None))[0].Repeated.ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_said_and_who_said_it_is_nowhere_readable_before_triage()
    {
        await _inbox.StoreAsync("line", [Said(Guid.CreateVersion7().ToString(), "marked-words-7313")], "Body=marked-words-7313&From=%2B50255512345"u8.ToArray(), CancellationToken.None);

        foreach (var table in new[] { "inbox", "raw_call", "seen", "receipt" })
        {
            var dump = await database.ScalarAsync<string>($"select coalesce(string_agg(t::text || encode(convert_to(t::text, 'UTF8'), 'hex'), ' '), '') from {table} t");
            dump.ShouldNotContain("marked-words");
            dump.ShouldNotContain("50255512345");
            dump.ShouldNotContain(Convert.ToHexStringLower("marked-words"u8));
        }
    }

    [Fact]
    public async Task Null_bytes_and_broken_surrogates_are_stored_like_anything_else()
    {
        var receipts = await _inbox.StoreAsync("line", [Said("odd", "a\0b\ud800c"), Said("odd2", new string('x', 100_000))], new byte[200_000], CancellationToken.None);

        receipts.Count.ShouldBe(2);
        receipts.ShouldAllBe(r => !r.Repeated);
    }

    private static MessageReceived Said(string id, string text) => new() { ExternalId = id, From = new ContactAddress("tel", "+50255512345"), Text = new PersonalText(text) };
}
