using Cea.Feedback.Coding;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Testing;
using Npgsql;

namespace Cea.Feedback.Core.Tests.Safeguarding;

/// <summary>What of a text may leave: masked by one officer, approved by another, and only as long as the person and the rules allow it (S12, S16, S17).</summary>
public sealed class QuoteTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Masked = "abran mas temprano, [name] lo dice";
    private static int _number = 770000;
    private readonly Office _office = new(database);
    private readonly string _from = $"+5029{Interlocked.Increment(ref _number)}", _run = string.Concat(Guid.CreateVersion7().ToString("N")[20..].Select(c => (char)(char.IsDigit(c) ? c - '0' + 'g' : c))); // letters: a number is refused
    private Pipeline _pipeline = null!;
    private Officer _officer = null!, _supervisor = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        _officer = await _office.HireAsync($"Ondine{_run}", [Roles.Officer]);
        _supervisor = await _office.HireAsync($"Sibylle{_run}", [Roles.Supervisor]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task One_proposes_another_approves_and_the_audit_keeps_no_word_of_it()
    {
        var item = await AgreedAsync();
        (await _office.AskAsync(_officer, new QuoteDraft(item))).ShouldSatisfyAllConditions(d => d.Refusal.ShouldBeNull(), d => d.Text.ShouldBeNull(), d => d.Proposal.ShouldContain("abran mas temprano"));
        await ProposeAsync(item);
        var row = (await _office.AskAsync(_supervisor, new QuoteList())).Single(r => r.ItemId == item);
        (row.Text, row.WrittenBy, row.Mine, row.ApprovedAt).ShouldBe((Masked, _officer.Name, false, null));

        await _office.AskAsync(_supervisor, new ApproveQuote(item, row.QuoteId, Guid.CreateVersion7()));

        (await database.ScalarAsync<string>("select written_by || ' ' || approved_by from quote where item_id = $1", item)).ShouldBe($"{_officer.Id} {_supervisor.Id}");
        (await _office.AskAsync(_officer, new QuoteDraft(item))).ApprovedBy.ShouldBe(_supervisor.Name);
        (await _office.RefusalAsync(_supervisor, new ApproveQuote(item, row.QuoteId, Guid.CreateVersion7()))).ShouldBe("changed_meanwhile");
        (await database.ScalarAsync<string>("select string_agg(act || detail::text, ' ' order by id) from audit where item_id = $1 and act like '%Quote'", item)).ShouldBe($"ProposeQuote{{\"length\": {Masked.Length}}} ApproveQuote{{}}");
        (await database.ScalarAsync<string>("select string_agg(what || detail::text, ' ' order by id) from item_event where item_id = $1 and what like 'quote%'", item)).ShouldBe("quote_proposed{} quote_approved{}");
    }

    [Fact]
    public async Task Nobody_decides_on_his_own_and_only_supervisors_and_data_protection_decide_at_all()
    {
        var item = await AgreedAsync();
        await ProposeAsync(item, by: _supervisor);
        var id = await IdAsync(item);
        (await _office.RefusalAsync(_supervisor, new ApproveQuote(item, id, Guid.CreateVersion7()))).ShouldBe("quote_own");
        (await _office.RefusalAsync(_supervisor, new RefuseQuote(item, id, Guid.CreateVersion7()))).ShouldBe("quote_own");
        (await _office.AskAsync(_supervisor, new QuoteList())).Single(r => r.ItemId == item).Mine.ShouldBeTrue();
        foreach (var role in Roles.All.Except([Roles.Supervisor, Roles.DataProtection]))
            (await _office.RefusalAsync(await _office.HireAsync($"{role}-{_run}", [role]), new ApproveQuote(item, id, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        var protection = await _office.HireAsync($"dpo-{_run}", [Roles.DataProtection]);
        (await _office.RefusalAsync(protection, new ProposeQuote(item, new PersonalText(Masked), Guid.CreateVersion7()))).ShouldBe("not_allowed");
        await _office.AskAsync(protection, new ApproveQuote(item, id, Guid.CreateVersion7()));
        await _office.AskAsync(await _office.HireAsync($"dpo2-{_run}", [Roles.DataProtection]), new RefuseQuote(item, id, Guid.CreateVersion7()));
        (await LeftAsync(item)).ShouldBe(0);
    }

    [Fact]
    public async Task A_new_text_has_to_be_approved_anew_and_nobody_approves_what_he_has_not_read()
    {
        var item = await AgreedAsync();
        await ApprovedAsync(item);
        var read = await IdAsync(item);
        await ProposeAsync(item, "otra cosa");
        (await database.ScalarAsync<bool>("select approved_at is null from quote where item_id = $1", item)).ShouldBeTrue();
        (await _office.RefusalAsync(_supervisor, new ApproveQuote(item, read, Guid.CreateVersion7()))).ShouldBe("changed_meanwhile");
    }

    [Theory]
    [InlineData("delete from consent where item_id = $1", "quote_consent")]
    [InlineData("update item set minor = true where id = $1", "minors_are_not_quoted")]
    [InlineData("update item set checked = false where id = $1", "quote_not_open")]
    [InlineData("update item set sensitivity = 1 where id = $1", "quote_not_open")]
    [InlineData("update item set circle_id = 2 where id = $1", "quote_not_open")]
    [InlineData("update item set anonymised_at = now() where id = $1", "quote_not_open")]
    [InlineData("update item set person_id = null where id = $1", "quote_consent")]
    public async Task Only_a_checked_open_item_of_somebody_grown_who_said_yes_is_quoted(string change, string refused)
    {
        var item = await AgreedAsync();
        await ProposeAsync(item);
        var id = await IdAsync(item);
        await database.ExecuteAsync(change, item);
        (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText(Masked), Guid.CreateVersion7()))).ShouldBe(refused);
        (await _office.RefusalAsync(_supervisor, new ApproveQuote(item, id, Guid.CreateVersion7()))).ShouldBe(refused);
        (await _office.AskAsync(_officer, new QuoteDraft(item))).ShouldSatisfyAllConditions(d => d.Refusal.ShouldBe(refused), d => d.Proposal.ShouldBe(""));
    }

    [Fact]
    public async Task Without_a_word_about_it_the_answer_is_no_and_the_last_word_counts()
    {
        var item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText(Masked), Guid.CreateVersion7()))).ShouldBe("quote_consent");
        await ConsentAsync(item, "yes");
        await ConsentAsync(item, "no");
        (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText(Masked), Guid.CreateVersion7()))).ShouldBe("quote_consent");
        await ConsentAsync(item, "yes");
        await ProposeAsync(item);
        // What was said of one matter counts for no other.
        await database.ExecuteAsync("update item set status = 'closed', last_message_at = now() - interval '200 days', loop_closed_at = now() - interval '200 days' where id = $1", item);
        var other = (await _pipeline.SayAsync(_from, "[request|water|normal|0|es] agua")).MessageId;
        other.ShouldNotBe(item);
        (await _office.RefusalAsync(_officer, new ProposeQuote(other, new PersonalText(Masked), Guid.CreateVersion7()))).ShouldBe("quote_consent");
    }

    [Fact]
    public async Task A_text_that_still_tells_who_somebody_is_is_refused()
    {
        await database.ExecuteAsync("insert into service_point (slug, name, visibility) values ($1, $2, 'on_asking'), ($3, $4, 'all')", $"h-{_run}", $"Casa Oculta {_run}", $"p-{_run}", $"Plaza {_run}");
        await database.ExecuteAsync("update officer set other_names = array[$2] where id = $1", _supervisor.Id, $"la jefa {_run}");
        var item = await AgreedAsync();
        var long_ = string.Concat(Enumerable.Repeat("😀", Quote.MostLetters));
        foreach (var (text, refused) in new[]
        {
            ("  \n", "text_empty"), (long_ + "x", "text_too_long"), ("llamen al 555", "quote_has_number"), ("llamen al ٥٥٥", "quote_has_number"), ("vean wa.me/ana", "quote_has_number"), ("a ana@correo.com", "quote_has_number"),
            ("soy @ana_p", "quote_has_number"), ($"me atendió ondine{_run}", "quote_has_name"), ($"La Jefa {_run} me gritó", "quote_has_name"), ($"estoy en casa oculta {_run}", "quote_has_name"),
        })
            (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText(text), Guid.CreateVersion7()))).ShouldBe(refused, text);
        (await LeftAsync(item)).ShouldBe(0);
        await ProposeAsync(item, $"la plaza {_run} cierra a las 8\0");
        (await database.ScalarAsync<string>("select text from quote where item_id = $1", item)).ShouldBe($"la plaza {_run} cierra a las 8");
        await ProposeAsync(item, long_);
    }

    [Fact]
    public async Task The_persons_own_address_is_found_however_it_is_cut_up()
    {
        var item = await AgreedAsync();
        await database.ExecuteAsync("update address set sealed = $2 where person_id = (select person_id from item where id = $1)", item, TestDatabase.Keys.Seal("ana.p-correo", "address"));
        (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText("escriban a ANA P correo"), Guid.CreateVersion7()))).ShouldBe("quote_has_address");
        var local = string.Join(" luego ", _from[^8..].Chunk(2).Select(c => new string(c)));
        await database.ExecuteAsync("update address set sealed = $2 where person_id = (select person_id from item where id = $1)", item, TestDatabase.Keys.Seal(_from, "address"));
        (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText($"llamen al {local}"), Guid.CreateVersion7()))).ShouldBe("quote_has_address");
    }

    [Fact]
    public async Task A_name_that_came_after_it_was_written_stops_the_approval()
    {
        var item = await AgreedAsync();
        await ProposeAsync(item, $"Nestor{_run} nos trata mal");
        await _office.HireAsync($"Nestor{_run}", [Roles.Officer]);
        (await _office.RefusalAsync(_supervisor, new ApproveQuote(item, await IdAsync(item), Guid.CreateVersion7()))).ShouldBe("quote_has_name");
    }

    [Fact]
    public async Task Who_is_complained_of_proposes_and_approves_nothing_of_it()
    {
        var item = await AgreedAsync();
        await ProposeAsync(item);
        await database.ExecuteAsync("update item set handler_before_id = $2 where id = $1", item, _supervisor.Id);
        (await _office.RefusalAsync(_supervisor, new ApproveQuote(item, await IdAsync(item), Guid.CreateVersion7()))).ShouldBe("not_the_handler");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_quote_is_deleted_when_the_consent_is_taken_back(bool approved)
    {
        var item = await AgreedAsync();
        await (approved ? ApprovedAsync(item) : ProposeAsync(item));
        await ConsentAsync(item, "yes");
        (await LeftAsync(item)).ShouldBe(1);
        await ConsentAsync(item, "no");
        (await LeftAsync(item)).ShouldBe(0);
    }

    [Fact]
    public async Task A_quote_is_deleted_when_its_item_goes_into_a_circle_whoever_moves_it()
    {
        var codes = await AgreedAsync();
        await ApprovedAsync(codes);
        await _office.AskAsync(_officer, new CorrectCodes(codes, "complaint", ["fraud_corruption"], "high", null, Guid.CreateVersion7()));
        (await LeftAsync(codes)).ShouldBe(0);

        var decided = await AgreedAsync($"{_from}1");
        await ApprovedAsync(decided);
        await _office.AskAsync(_officer, new DecideSensitivity(decided, 1, "request", ["health_care"], "high", [], null, Guid.CreateVersion7()));
        (await LeftAsync(decided)).ShouldBe(0);

        var machine = await AgreedAsync($"{_from}2");
        await ApprovedAsync(machine);
        await database.ExecuteAsync("select shift_item(id, (select max(id) from audience), 1::smallint, 0::smallint, false, team_id, '{}', '{}') from item where id = $1", machine);
        (await LeftAsync(machine)).ShouldBe(0);
    }

    [Theory]
    [InlineData("confirmed")]
    [InlineData("focal_point")]
    public async Task A_quote_is_deleted_as_soon_as_the_person_asks_to_be_erased_and_the_item_says_the_same_in_both_cases(string state)
    {
        var item = await AgreedAsync();
        await ApprovedAsync(item);
        await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'asked' from item where id = $1", item);
        (await LeftAsync(item)).ShouldBe(1);
        await database.ExecuteAsync("update erasure set state = $2 where person_id = (select person_id from item where id = $1)", item, state);
        (await LeftAsync(item)).ShouldBe(0);
        (await _office.AskAsync(_officer, new ItemDetail(item))).Consents.Single(c => c.Kind == "quote").Answer.ShouldBe("no");
        (await _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText(Masked), Guid.CreateVersion7()))).ShouldBe("quote_consent");
    }

    [Fact]
    public async Task Nothing_of_it_is_left_when_the_person_is_erased_or_the_text_is_old()
    {
        var old = await AgreedAsync();
        await ApprovedAsync(old);
        await database.ExecuteAsync("update item set status = 'closed', recorded_at = now() - interval '25 months' where id = $1", old);
        var erased = await AgreedAsync($"{_from}1");
        await ApprovedAsync(erased);
        await _pipeline.SayAsync($"{_from}1", "borrar mis datos");
        await _pipeline.SayAsync($"{_from}1", "si");
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
        (await database.ScalarAsync<long>("select count(*) from item where id = any ($1) and anonymised_at is not null", (object)new[] { old, erased })).ShouldBe(2);
        (await database.ScalarAsync<long>("select count(*) from quote where item_id = any ($1)", (object)new[] { old, erased })).ShouldBe(0);
    }

    [Fact]
    public async Task A_consent_that_is_taken_back_while_somebody_proposes_wins()
    {
        var item = await AgreedAsync();
        await using var connection = await database.Databases.Worker.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var no = new NpgsqlCommand("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'quote', 'no', '1', now() + interval '1 minute' from item where id = $1", connection) { Parameters = { new() { Value = item } } })
            await no.ExecuteNonQueryAsync();
        var proposing = _office.RefusalAsync(_officer, new ProposeQuote(item, new PersonalText(Masked), Guid.CreateVersion7()));
        await Task.Delay(300);
        proposing.IsCompleted.ShouldBeFalse(); // it waits for the answer
        await transaction.CommitAsync();
        (await proposing).ShouldBe("quote_consent");
    }

    [Fact]
    public async Task The_database_itself_takes_no_quote_that_the_rules_forbid()
    {
        var agreed = await AgreedAsync();
        var silent = (await _pipeline.SayAsync($"{_from}1", Hours)).MessageId;
        const string write = "insert into quote (item_id, text, written_by, written_at) values ($1, 'x', $2, now())";
        (await AsAsync(_officer, write, silent, _officer.Id)).ShouldBe("42501");
        (await AsAsync(_officer, write, Guid.CreateVersion7(), _officer.Id)).ShouldBe("42501");
        (await AsAsync(_officer, write, agreed, _supervisor.Id)).ShouldBe("42501"); // in somebody else's name
        (await AsAsync(_officer, "insert into quote (item_id, text, written_by, written_at, approved_by, approved_at) values ($1, 'x', $2, now(), $3, now())", agreed, _officer.Id, _supervisor.Id)).ShouldBe("42501");
        (await AsAsync(_officer, write, agreed, _officer.Id)).ShouldBe("1");
        const string approve = "update quote set approved_by = $2, approved_at = now() where item_id = $1";
        (await AsAsync(_officer, approve, agreed, _officer.Id)).ShouldBe("42501"); // not his right
        (await Should.ThrowAsync<PostgresException>(database.ExecuteAsync("update quote set approved_by = written_by, approved_at = now() where item_id = $1", agreed))).SqlState.ShouldBe("23514"); // nobody his own
        (await AsAsync(_officer, approve, agreed, _supervisor.Id)).ShouldBe("42501");
        (await AsAsync(await _office.HireAsync($"manager-{_run}", [Roles.Manager]), "select 1 from quote where item_id = $1", agreed)).ShouldBe("1");
        (await AsAsync(await _office.HireAsync($"volunteer-{_run}", [Roles.Volunteer]), "select 1 from quote where item_id = $1", agreed)).ShouldBe("0");
    }

    [Fact]
    public async Task Who_approves_is_shown_what_the_service_would_still_mask()
    {
        var item = await AgreedAsync();
        await ProposeAsync(item, "en Tapachula no hay agua desde el lunes");
        var row = (await _office.AskAsync(_supervisor, new QuoteList())).Single(r => r.ItemId == item);
        row.Doubts.Select(d => row.Text.Substring(d.Start, d.Length)).ShouldBe(["Tapachula", "lunes"]);
    }

    private async Task<string> AsAsync(Officer officer, string sql, params object[] values)
    {
        await using var connection = await database.Databases.Pages.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var set = new NpgsqlCommand("select set_config('cea.officer', $1, true)", connection) { Parameters = { new() { Value = officer.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) } } })
            await set.ExecuteNonQueryAsync();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            var rows = 0;
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    rows++;
                rows = Math.Max(rows, reader.RecordsAffected);
            }
            await transaction.CommitAsync();
            return rows.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }

    private async Task<Guid> AgreedAsync(string? from = null)
    {
        var item = (await _pipeline.SayAsync(from ?? _from, Hours)).MessageId;
        await ConsentAsync(item, "yes");
        return item;
    }

    private Task<bool> ConsentAsync(Guid item, string answer) => _office.AskAsync(_officer, new RecordConsent(item, "quote", answer, Guid.CreateVersion7()));

    private Task<bool> ProposeAsync(Guid item, string text = Masked, Officer? by = null) => _office.AskAsync(by ?? _officer, new ProposeQuote(item, new PersonalText(text), Guid.CreateVersion7()));

    private async Task ApprovedAsync(Guid item)
    {
        await ProposeAsync(item);
        await _office.AskAsync(_supervisor, new ApproveQuote(item, await IdAsync(item), Guid.CreateVersion7()));
    }

    private Task<Guid> IdAsync(Guid item) => database.ScalarAsync<Guid>("select id from quote where item_id = $1", item);

    private Task<long> LeftAsync(Guid item) => database.ScalarAsync<long>("select count(*) from quote where item_id = $1", item);
}
