using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Cea.Feedback;

/// <summary>Counts follow a change of codes: the item is taken back as it was, and added as it is.</summary>
internal static class Counting
{
    public static Task<int> ExecuteCountAsync(this DatabaseFacade database, Guid itemId, int n, CancellationToken ct) => database.ExecuteSqlAsync($"select count_item({itemId}, {n})", ct);
}
