using Cea.Feedback.Classification;
using Cea.Feedback.Items;
using Cea.Feedback.Learning;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Learning;

public sealed class LearningTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly LearningDesk _desk = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Office _office = null!;
    private Officer _manager = null!;

    public async Task InitializeAsync()
    {
        _office = new Office(database) { Reads = _desk.Model };
        await database.ExecuteAsync("""
            truncate circle_notice, item, message, learned_model, learned_item, learning_task, training_consent, training_text, erasure, code_change cascade; delete from circle_member; delete from circle;
            delete from deployment where name like 'learning%';
            """);
        await Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _manager = await _office.HireAsync($"manager-{_run}", [Roles.Manager]);
        _desk.Write(700);
    }

    public async Task DisposeAsync()
    {
        await _office.DisposeAsync();
        await _desk.DisposeAsync();
    }

    [Fact]
    public async Task A_challenger_is_trained_compared_and_promoted_on_every_host_and_rolled_back_to_what_was_before()
    {
        await PromotableAsync();
        var first = await ModelAsync();
        (await _office.AskAsync(_manager, new PromoteModel(first, Guid.CreateVersion7()))).ShouldBe(await VersionAsync(first));
        (await _desk.Model.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        _desk.Model.Version.ShouldBe(await VersionAsync(first));
        _desk.Model.Trouble.ShouldBeNull();
        _desk.Model.Read("there is no water at the tap").Understood.ShouldBeTrue();

        await _desk.ConfirmedAsync("the tap at the gate is dry again since noon");
        await _desk.AskAsync();
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);
        var second = await ModelAsync();
        second.ShouldNotBe(first);
        await database.ExecuteAsync("update learned_model set refused = '{}' where id = $1", second);
        await _office.AskAsync(_manager, new PromoteModel(second, Guid.CreateVersion7()));
        await _desk.Model.RefreshAsync(CancellationToken.None);
        _desk.Model.Version.ShouldBe(await VersionAsync(second));

        (await _office.AskAsync(_manager, new RollBackModel(Guid.CreateVersion7()))).ShouldBe(await VersionAsync(first));
        await _desk.Model.RefreshAsync(CancellationToken.None);
        _desk.Model.Version.ShouldBe(await VersionAsync(first));
        (await _office.AskAsync(_manager, new RollBackModel(Guid.CreateVersion7()))).ShouldBe("");
        await _desk.Model.RefreshAsync(CancellationToken.None);
        _desk.Model.Now.ShouldBeSameAs(_desk.Model.Shipped);
        (await _office.RefusalAsync(_manager, new RollBackModel(Guid.CreateVersion7()))).ShouldBe("shipped_in_use");
        (await database.ScalarAsync<string>("select string_agg(act, ' ' order by id) from audit where act in ('TrainChallenger', 'PromoteModel', 'RollBackModel')"))
            .ShouldEndWith("TrainChallenger PromoteModel TrainChallenger PromoteModel RollBackModel RollBackModel");
    }

    [Fact]
    public async Task A_challenger_that_misses_what_the_model_in_use_sees_is_not_promoted_whatever_else_it_does_better()
    {
        // The model in use reads Spanish (it is the shipped one); a corpus of English alone teaches the challenger nothing of it.
        _desk.Write(700, [.. File.ReadLines(Path.Combine(TestDatabase.RepositoryRoot, "data", "corpus", "es.tsv")).Select(l => l.Split('\t')).Where(c => c[6] == "critical" || c[7] == "2").Select(c => string.Join('\t', [c[0], c[1], "dev", .. c[3..]]))]);
        await _desk.ConfirmedAsync("no water again, please repair the tap");
        await _desk.AskAsync();
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);
        var model = await ModelAsync();
        var refused = await database.ScalarAsync<string[]>("select refused from learned_model where id = $1", model);
        refused.ShouldNotBeEmpty();
        (await _office.RefusalAsync(_manager, new PromoteModel(model, Guid.CreateVersion7()))).ShouldBe("recall_fell");
        (await database.ScalarAsync<string>("select state from learned_model where id = $1", model)).ShouldBe("challenger");
    }

    [Theory]
    [InlineData("critical", 0, false, "critical_fell_frozen"), InlineData("high", 2, false, "sensitive_fell_frozen"), InlineData("critical", 0, true, "critical_fell_items"), InlineData("high", 2, true, "sensitive_fell_items")]
    public void One_of_them_missed_on_either_set_is_enough(string urgency, int sensitivity, bool amongItems, string why)
    {
        var row = new CodedText("1", "1", "dev", "en", "complaint", ["other"], urgency, sensitivity, "one that must not be missed");
        var easy = new CodedText("2", "2", "dev", "en", "request", ["water"], "normal", 0, "water");
        var sees = new Told(new("high", 0.9f), new(2, 0.9f, 0.9f, false));
        var misses = new Told(new("normal", 0.9f), new(0, 0.1f, 0.1f, false));
        IReadOnlyList<ConfirmedText> Items(CodedText one) => [new(Guid.CreateVersion7(), default, false, one)];

        var (report, refused) = Gate.Compare(sees, misses, amongItems ? [easy] : [row, easy], amongItems ? Items(row) : []);
        refused.ShouldBe([why]);
        Gate.Compare(misses, sees, [row, easy], Items(row)).Refused.ShouldBeEmpty();
        (report.Items is null).ShouldBe(!amongItems);
        if (amongItems)
            (report.Items!.Champion.All.Sensitive, report.Items.Champion.All.Critical).ShouldBe((null, null), "one restricted item is told to nobody");
    }

    [Fact]
    public async Task An_item_that_was_erased_leaves_the_data_and_the_next_model_and_nobody_goes_back_to_a_model_that_learned_from_it()
    {
        await PromotableAsync();
        var first = await ModelAsync();
        var item = await database.ScalarAsync<Guid>("select item_id from learned_item where model_id = $1 limit 1", first);
        await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'confirmed' from item where id = $1", item);
        (await _office.RefusalAsync(_manager, new PromoteModel(first, Guid.CreateVersion7()))).ShouldBe("model_holds_erased");
        await new Feedback.People.Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
        (await TrainingData.ReadAsync(database.Databases, TestDatabase.Keys, CancellationToken.None)).ShouldNotContain(t => t.ItemId == item);

        await _desk.ConfirmedAsync("a lamp is broken at the door");
        await _desk.AskAsync();
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);
        (await database.ScalarAsync<long>("select count(*) from learned_item where model_id = $1 and item_id = $2", await ModelAsync(), item)).ShouldBe(0);
        (await database.ScalarAsync<bool>("select kept from learned_model where id = $1", first)).ShouldBeFalse("its file is destroyed");
    }

    [Fact]
    public async Task Last_months_items_are_compared_on_and_never_learned_from()
    {
        var old = await _desk.ConfirmedAsync("where do I fill my bottle", daysAgo: 31);
        await _desk.ConfirmedAsync("where is the tap", daysAgo: 29);
        await _desk.AskAsync();
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);
        (await database.ScalarAsync<Guid[]>("select array_agg(item_id) from learned_item")).ShouldBe([old]);
        (await database.ScalarAsync<int>("select (report #>> '{items,champion,all,texts}')::int from learned_model")).ShouldBe(1);
    }

    [Fact]
    public async Task The_text_of_a_sealing_circle_is_learned_from_only_with_its_leave_and_goes_with_it()
    {
        var (one, two) = (await _office.HireAsync($"one-{_run}", [Roles.Circle], ["psea", "check_first"]), await _office.HireAsync($"two-{_run}", [Roles.Circle], ["psea"]));
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        var psea = Circle.Of("psea").Id;
        async Task<Guid> ConfirmAsync()
        {
            var item = (await pipeline.SayAsync($"+5029{Random.Shared.Next(1_000_000, 9_999_999)}", "[complaint|sea_staff_abuse|high|2|en] he asks for favours")).MessageId;
            await _office.AskAsync(one, new DecideSensitivity(item, 2, "complaint", ["sea_staff_abuse"], "high", [], null, Guid.CreateVersion7()));
            return item;
        }
        async Task<List<Guid>> DataAsync() => [.. (await TrainingData.ReadAsync(database.Databases, TestDatabase.Keys, CancellationToken.None)).Select(t => t.ItemId)];

        var before = await ConfirmAsync();
        await _office.AskAsync(one, new AllowTraining(psea, Guid.CreateVersion7()));
        (await _office.RefusalAsync(one, new AllowTraining(psea, Guid.CreateVersion7()))).ShouldBe("second_person_needed");
        (await _office.RefusalAsync(_manager, new AllowTraining(psea, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        var proposed = await ConfirmAsync();
        (await DataAsync()).ShouldBeEmpty("a proposal is no leave");

        await _office.AskAsync(two, new AllowTraining(psea, Guid.CreateVersion7()));
        var allowed = await ConfirmAsync();
        (await DataAsync()).ShouldBe([allowed], $"not {before} nor {proposed}: from then on");
        var kept = (await TrainingData.ReadAsync(database.Databases, TestDatabase.Keys, CancellationToken.None)).Single();
        (kept.Open, kept.Row.Sensitivity, kept.Row.Text).ShouldBe((false, 2, "[complaint|sea_staff_abuse|high|2|en] he asks for favours"));
        (await database.ScalarAsync<bool>("select not exists (select 1 from training_text where position('favours' in encode(sealed, 'escape')) > 0)")).ShouldBeTrue("sealed");
        await Should.ThrowAsync<Npgsql.PostgresException>(async () =>
        {
            await using var pages = database.Databases.Pages.CreateCommand("select count(*) from training_text");
            await pages.ExecuteScalarAsync();
        });

        await database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'focal_point' from item where id = $1", allowed);
        (await DataAsync()).ShouldBeEmpty("whoever wishes to be erased is not learned from");
        var again = await ConfirmAsync();
        (await DataAsync()).ShouldBe([again]);
        await _office.AskAsync(two, new StopTraining(psea, Guid.CreateVersion7()));
        (await database.ScalarAsync<long>("select count(*) from training_text")).ShouldBe(0);
        (await database.ScalarAsync<string>("select string_agg(what, ' ' order by id) from circle_notice where circle_id = $1 and what like 'learning%'", psea)).ShouldEndWith("learning_proposed learning_allowed learning_stopped");
    }

    [Fact]
    public async Task Two_hosts_train_once()
    {
        await _desk.ConfirmedAsync("the water is cloudy");
        await _desk.AskAsync();
        var outcomes = await Task.WhenAll(_desk.Host().RunAsync(LearningDesk.Aside, CancellationToken.None), _desk.Host().RunAsync(LearningDesk.Aside, CancellationToken.None));
        outcomes.Count(o => o.Kind == "train").ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from learned_model")).ShouldBe(1);
    }

    [Fact]
    public async Task A_Host_that_stops_gives_the_work_back_at_once_and_what_kills_three_has_failed()
    {
        await _desk.ConfirmedAsync("the water is cloudy");
        await _desk.AskAsync();
        using var stop = new CancellationTokenSource();
        async Task StoppedAsync(Action work)
        {
            await stop.CancelAsync();
            work();
        }
        (await _desk.Round.RunAsync(StoppedAsync, stop.Token)).Kind.ShouldBeNull();
        (await database.ScalarAsync<string>("select attempt || (lease_until is null)::text || (finished_at is null) from learning_task")).ShouldBe("0truetrue");

        await database.ExecuteAsync("update learning_task set attempt = 3, lease_until = now() - interval '1 minute'"); // killed, three times
        (await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None)).Kind.ShouldBeNull();
        (await database.ScalarAsync<string>("select outcome from learning_task")).ShouldBe("failed");
    }

    [Fact]
    public async Task It_trains_by_itself_once_a_week_in_the_small_hours_when_enough_was_confirmed_or_somebody_was_erased()
    {
        await database.ExecuteAsync("insert into deployment (name, value) values ('learning_least', '3')");
        var today = TimeProvider.System.GetUtcNow().Date;
        ManualClock At(int hour, int day = 0) => new(new DateTimeOffset(today.AddDays(day).AddHours(hour), TimeSpan.Zero));
        async Task<string?> RunAsync(ManualClock clock) => (await _desk.Host(clock).RunAsync(LearningDesk.Aside, CancellationToken.None)).Kind;
        for (var i = 0; i < 2; i++)
            await _desk.ConfirmedAsync($"no water in tent {i}");
        (await RunAsync(At(2))).ShouldBeNull("too few");
        await _desk.ConfirmedAsync("no water in tent 3");
        (await RunAsync(At(12))).ShouldBeNull("noon");
        (await RunAsync(At(2))).ShouldBe("train");
        (await RunAsync(At(2, 8))).ShouldBeNull("nothing new");
        await database.ExecuteAsync("update learned_model set state = 'champion'; update item set anonymised_at = now() where id = (select min(item_id::text)::uuid from learned_item)");
        (await RunAsync(At(3, 1))).ShouldBeNull("once a week");
        (await RunAsync(At(3, 8))).ShouldBe("train", "somebody was erased");
        (await database.ScalarAsync<long>("select count(*) from learned_model where trained_by is null")).ShouldBe(2);
    }

    [Fact]
    public async Task A_damaged_promoted_model_leaves_the_shipped_one_in_its_place_and_says_so()
    {
        await PromotableAsync();
        await _office.AskAsync(_manager, new PromoteModel(await ModelAsync(), Guid.CreateVersion7()));
        await database.ExecuteAsync("update learned_model set sealed = set_byte(sealed, length(sealed) - 9, (get_byte(sealed, length(sealed) - 9) + 1) % 256)");
        await _desk.Model.RefreshAsync(CancellationToken.None);
        (_desk.Model.Trouble, ReferenceEquals(_desk.Model.Now, _desk.Model.Shipped)).ShouldBe(("sealed_with_another_key", true));

        await database.ExecuteAsync("delete from learned_item; delete from learned_model");
        await database.ExecuteAsync("insert into learned_model (version, trained_at, state, corpus_rows, open_rows, seconds, memory_mb, report, refused, sealed) values ('x', now(), 'champion', 1, 1, 1, 1, '{}', '{}', $1)",
            TestDatabase.Keys.Seal("GIF89a and more that is no model at all, whatever its name says that it is, until here", ModelInUse.Purpose));
        await _desk.Model.RefreshAsync(CancellationToken.None);
        _desk.Model.Trouble.ShouldBe("damaged");
    }

    private Task<int> ModelAsync() => database.ScalarAsync<int>("select max(id) from learned_model");

    private Task<string> VersionAsync(int id) => database.ScalarAsync<string>("select version from learned_model where id = $1", id);

    // A challenger as if nothing spoke against it; what the gate says of it is tested above.
    private async Task PromotableAsync()
    {
        _desk.Write(700);
        await _desk.ConfirmedAsync("the tap is dry since yesterday");
        await _desk.AskAsync();
        (await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None)).Kind.ShouldBe("train");
        await database.ExecuteAsync("update learned_model set refused = '{}'");
    }

    private sealed class Told(Suggested urgency, SensitivityReading sensitivity) : ITextClassifier
    {
        public string Version => "told";

        public Reading Read(string? text, string? statedLanguage = null) => text == "water" ? new(true, new("en", 1), null, new("request", 1), [new("water", 1)], new("normal", 1), new(0, 0, 0, false), [])
            : new(true, new("en", 1), null, new("complaint", 1), [new("other", 1)], urgency, sensitivity, []);
    }
}
