using Cea.Feedback.Classification;
using Cea.Feedback.Officers;
using Cea.Feedback.Texts;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Texts;

/// <summary>Words that officers add: what they do to the next message, and which are refused.</summary>
public sealed class KeywordsTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 700000;
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!, _otherHost = null!;
    private Office _office = null!;
    private Officer _supervisor = null!;

    public async Task InitializeAsync()
    {
        (_pipeline, _otherHost) = (new Pipeline(database), new Pipeline(database));
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from keyword");
        _office = new Office(database);
        _supervisor = await _office.HireAsync($"supervisor-{_run}", [Roles.Supervisor]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _otherHost.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_new_word_holds_for_the_next_message_on_every_host_and_is_feedback_again_when_it_is_taken_back()
    {
        await _pipeline.SayAsync(_from, "Ya no me escriban");
        await _otherHost.SayAsync(_from, "ya no me escriban!");
        (await OptedOutAsync()).ShouldBeFalse();

        await AddAsync("es", "stop", "  Ya no me escriban ");
        await _otherHost.SayAsync(_from, "ya no me ESCRIBAN!!");
        (await OptedOutAsync()).ShouldBeTrue();
        (await LastAsync()).ShouldBe("word");

        await _pipeline.SayAsync(_from, "start");
        (await OptedOutAsync()).ShouldBeFalse();
        await _office.AskAsync(_supervisor, new RemoveKeyword("es", "Ya no me escriban", Guid.CreateVersion7()));
        await _pipeline.SayAsync(_from, "Ya no me escriban");
        (await OptedOutAsync()).ShouldBeFalse();
        (await LastAsync()).ShouldNotBe("word");
        (await _office.RefusalAsync(_supervisor, new RemoveKeyword("es", "Ya no me escriban", Guid.CreateVersion7()))).ShouldBe("keyword_not_found");
        (await database.ScalarAsync<string>("select string_agg(act, ' ' order by id) from audit where officer_id = $1 and act like '%Keyword'", _supervisor.Id)).ShouldBe("AddKeyword RemoveKeyword");
        (await database.ScalarAsync<string>("select detail::text from audit where officer_id = $1 and act = 'RemoveKeyword'", _supervisor.Id)).ShouldBe("""{"lang": "es", "word": "Ya no me escriban"}""");
        (await database.ScalarAsync<string>("select detail::text from audit where officer_id = $1 and act = 'AddKeyword'", _supervisor.Id)).ShouldBe("""{"kind": "stop", "lang": "es", "word": "Ya no me escriban"}""");
    }

    [Fact]
    public async Task A_word_for_confidence_makes_a_restricted_item_and_one_for_erasure_asks_back()
    {
        await AddAsync("sw", "confidential", "siri yangu");
        await AddAsync("fr", "erase", "oubliez-moi");
        await _pipeline.SayAsync(_from, "Siri yangu");
        (await database.ScalarAsync<string>("select urgency || ' ' || sensitivity || ' ' || circle_id from item i join message m on m.item_id = i.id where m.person_id = (select person_id from address where hash = $1)", TestDatabase.Keys.Hash("tel", _from))).ShouldBe("high 2 1");

        await _pipeline.SayAsync(_from, "oubliez moi");
        (await database.ScalarAsync<string>("select e.state from erasure e join address a on a.person_id = e.person_id where a.hash = $1", TestDatabase.Keys.Hash("tel", _from))).ShouldBe("asked");
    }

    [Theory]
    [InlineData("es", "stop", "", "word needed"), InlineData("es", "stop", "¡¡!!", "word keyword_short"), InlineData("es", "stop", "una palabra que es mucho más larga de lo que cabe", "word too_long")]
    [InlineData("xx", "bye", "adios", "lang unknown, kind unknown")]
    [InlineData("es", "stop", "q", "word keyword_short"), InlineData("es", "info", "3", "word keyword_number"), InlineData("ar", "stop", "٣", "word keyword_number"), InlineData("en", "stop", "lang es", "word keyword_number")]
    [InlineData("es", "stop", "confidencial", "word keyword_taken"), InlineData("en", "erase", "OUI", "word keyword_taken"), InlineData("fr", "info", "unsubscribe", "word keyword_taken"), InlineData("es", "info", "X", "word keyword_short, word keyword_taken")]
    [InlineData("es", "stop", "Pare", "word taken"), InlineData("es", "stop", "unsubscribe", "word taken"), InlineData("es", "info", "ayuda", "word keyword_help"), InlineData("en", "stop", "HELP", "word keyword_help"), InlineData("en", "info", "me violaron", "word keyword_help")]
    public async Task A_word_that_means_something_already_or_could_be_anything_is_refused(string language, string kind, string word, string wrong) =>
        (await _office.WrongFieldsAsync(_supervisor, new AddKeyword(language, kind, word, true, Guid.CreateVersion7()))).ShouldBe(wrong);

    [Fact]
    public async Task A_word_by_which_somebody_could_tell_of_harm_is_refused_as_the_shipped_model_reads_it()
    {
        await using var office = new Office(database) { Reads = TextClassifier.Load(Path.Combine(TestDatabase.RepositoryRoot, "data", "model", "cea.model")) };
        (await office.WrongFieldsAsync(_supervisor, new AddKeyword("en", "stop", "he touches me", true, Guid.CreateVersion7()))).ShouldBe("word keyword_harm");
        await office.AskAsync(_supervisor, new AddKeyword("es", "confidential", "me toca", true, Guid.CreateVersion7()));
        await office.AskAsync(_supervisor, new AddKeyword("es", "stop", "no me escriban", true, Guid.CreateVersion7()));
    }

    [Fact]
    public async Task Added_words_collide_with_each_other_too_whatever_their_language()
    {
        await AddAsync("es", "stop", "silencio");
        (await _office.WrongFieldsAsync(_supervisor, new AddKeyword("it", "erase", "Silencio", true, Guid.CreateVersion7()))).ShouldBe("word keyword_taken");
        (await _office.WrongFieldsAsync(_supervisor, new AddKeyword("es", "stop", "SILENCIO", true, Guid.CreateVersion7()))).ShouldBe("word taken");
        await AddAsync("it", "stop", "silencio"); // the same in two languages is the same
    }

    [Fact]
    public async Task A_word_that_real_messages_consist_of_is_counted_and_added_only_by_who_is_sure()
    {
        var folder = Directory.CreateTempSubdirectory("cea-corpus").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "es.tsv"), "id\tscenario\tpart\tlang\ttype\ttopics\turgency\tsensitivity\ttext\n"
            + string.Concat(new[] { "Peaje", "peaje!!", "el peaje está cerrado" }.Select((t, i) => $"es-{i}\ts{i}\ttrain\tes\tcomplaint\taccess_eligibility\tnormal\t0\t{t}\n")));
        await using var office = new Office(database, null, new Dictionary<string, string?> { ["Cea:Corpus"] = folder });
        try
        {
            var refused = await Should.ThrowAsync<RuleException>(() => office.AskAsync(_supervisor, new AddKeyword("es", "info", "peaje", false, Guid.CreateVersion7())));
            refused.Fields.ShouldHaveSingleItem().ShouldBe(new WrongField("word", "keyword_common", "2"));
            await office.AskAsync(_supervisor, new AddKeyword("es", "info", "peaje", true, Guid.CreateVersion7()));
            await office.AskAsync(_supervisor, new AddKeyword("es", "info", "cerrado", false, Guid.CreateVersion7())); // within a message it is no keyword
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task Who_may_not_is_refused_and_shipped_words_are_shown_apart()
    {
        var officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        (await _office.RefusalAsync(officer, new AddKeyword("es", "stop", "silencio", true, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        (await _office.RefusalAsync(officer, new RemoveKeyword("es", "alto", Guid.CreateVersion7()))).ShouldBe("not_allowed");
        var id = await AddAsync("es", "stop", "silencio");
        var row = (await _office.AskAsync(_supervisor, new KeywordList())).Single(r => r is { Lang: "es", Kind: "stop" });
        row.Shipped.ShouldContain("alto");
        row.Added.ShouldBe([(id, "silencio")]);
    }

    private Task<int> AddAsync(string language, string kind, string word) => _office.AskAsync(_supervisor, new AddKeyword(language, kind, word, false, Guid.CreateVersion7()));

    private Task<bool> OptedOutAsync() => database.ScalarAsync<bool>("select exists (select 1 from opt_out where hash = $1)", TestDatabase.Keys.Hash("tel", _from));

    private Task<string> LastAsync() => database.ScalarAsync<string>("select m.kind from message m join address a on a.person_id = m.person_id where a.hash = $1 and m.direction = 'in' order by m.recorded_at desc, m.id desc limit 1", TestDatabase.Keys.Hash("tel", _from));
}
