using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Learning;
using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Cea.Testing;

/// <summary>Officers of a test's own deployment, and the use cases as they call them: with their rights, under the row policies, as one of the pages' connections.</summary>
public sealed class Office : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly ServiceProvider _services;

    public Office(TestDatabase database, TimeProvider? clock = null, IReadOnlyDictionary<string, string?>? settings = null, params IReadOnlyList<IChannel> channels)
    {
        _database = database;
        var services = new ServiceCollection();
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSingleton(TestDatabase.Keys);
        services.AddSingleton(database.Databases);
        services.AddSingleton<WakeUp>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<IntakeBoard>();
        services.AddSingleton<AccountDirectory>();
        services.AddSingleton(new ChannelKinds(channels));
        services.AddSingleton(_ => Reads ?? new ScriptedReader());
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings ?? new Dictionary<string, string?>()).Build());
        if (settings?.GetValueOrDefault("Cea:MediaStore") is { } folder)
            services.AddSingleton<IMediaStore>(new FolderMediaStore(folder));
        if (settings?.GetValueOrDefault("Cea:Corpus") is { } corpus)
            services.AddSingleton(new Corpus(corpus));
        services.AddUseCases();
        _services = services.BuildServiceProvider();
    }

    /// <summary>Instead of <see cref="ScriptedReader"/>.</summary>
    public ITextClassifier? Reads { get; init; }

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    /// <summary>An officer with his key unlocked, as after his sign-in. Circles are opened as the command line does, so only the first two of a circle.</summary>
    public async Task<Officer> HireAsync(string name, string[] roles, string[]? circles = null, bool alternate = false, int? site = null)
    {
        const string password = "long enough for anybody";
        var id = await new OfficerAccounts(_database.Databases.Pages, TestDatabase.Keys).AddAsync(name, password, roles, circles ?? [], alternate, site, name, mustChange: false, CancellationToken.None);
        return await SignInAsync(id, password);
    }

    /// <summary>With the rights, and the key that the password opens (none when it is another).</summary>
    public async Task<Officer> SignInAsync(int id, string password)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select display_name, roles, private_key, private_key_iterations from officer where id = $1", connection) { Parameters = { new() { Value = id } } };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new Officer(id, reader.GetString(0), Roles.RightsOf((string[])reader[1])) { PrivateKey = CircleKeys.UnlockWithPassword((byte[])reader[2], password, reader.GetInt32(3)) ?? [] };
    }

    public async Task<T> AskAsync<T>(Officer officer, IRequest<T> request)
    {
        await using var scope = _services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentOfficer>().Officer = officer;
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    /// <summary>The code of the refusal that the request gets.</summary>
    public async Task<string> RefusalAsync<T>(Officer officer, IRequest<T> request) => (await CaughtAsync(officer, request)).Code;

    /// <summary>The wrong fields that the request is refused for: "name needed, mon overlaps".</summary>
    public async Task<string> WrongFieldsAsync<T>(Officer officer, IRequest<T> request) => string.Join(", ", (await CaughtAsync(officer, request)).Fields.Select(f => $"{f.Field} {f.Code}"));

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<Feedback.RuleException> CaughtAsync<T>(Officer officer, IRequest<T> request)
    {
        try
        {
            await AskAsync(officer, request);
        }
        catch (Feedback.RuleException refused)
        {
            return refused;
        }
        throw new InvalidOperationException($"{request.GetType().Name} was not refused");
    }
}
