using AngleSharp.Dom;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Coding;

/// <summary>What an administrator uploads is what officers read and choose from, on every Host.</summary>
public sealed class OwnCodebookTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly string Own = Codebook.Default.Tsv.Replace("topic\twater\t", "topic\train\t", StringComparison.Ordinal).Replace("Drinking water\t", "Water from the sky\t", StringComparison.Ordinal);
    private readonly Site _site = new(database), _other = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];

    public async Task InitializeAsync()
    {
        await _site.StartAsync();
        await _other.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Labels_filters_and_forms_are_of_the_uploaded_codebook()
    {
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        var item = (await pipeline.SayAsync("+50255507777", "[request|food|normal|0|es] agua")).MessageId;
        await _site.HireAsync($"admin-{_run}", [Roles.Administrator]);
        await _site.HireAsync($"officer-{_run}", [Roles.Officer]);
        using var elsewhere = await _other.SignInAsync($"officer-{_run}");
        await elsewhere.GoAsync("/items");
        Topics(elsewhere).ShouldContain("Drinking water");

        using (var admin = await _site.SignInAsync($"admin-{_run}"))
        {
            await admin.GoAsync("/settings/codebook");
            await admin.SubmitAsync("#codebook", Own);
        }

        using var officer = await _site.SignInAsync($"officer-{_run}");
        foreach (var visitor in new[] { officer, elsewhere })
        {
            await visitor.GoAsync("/items");
            Topics(visitor).ShouldContain("Water from the sky");
            Topics(visitor).ShouldNotContain("Drinking water");
        }
        await officer.GoAsync($"/items/{item}");
        await officer.SubmitAsync("form[action$='/codes']", ("type", "request"), ("topic1", "rain"), ("urgency", "normal"));
        await elsewhere.GoAsync("/items?topic=basic_needs");
        elsewhere.Text.ShouldContain("Water from the sky");
        await elsewhere.GoAsync("/trends?topic=rain");
        elsewhere.Text.ShouldContain("Water from the sky");
        ((int)elsewhere.Status).ShouldBe(200);
        await elsewhere.GoAsync("/trends?topic=water");
        ((int)elsewhere.Status).ShouldNotBe(200);
    }

    private static IEnumerable<string> Topics(Visitor visitor) => visitor.Page.QuerySelectorAll("select[name=topic] option").Select(o => o.Text().Trim());
}
