using Npgsql;

namespace Cea.Feedback.Intake;

/// <summary>Tells the trouble of one line, which stops no other, from that of all: the database is away, or we were asked to end.</summary>
internal static class OddLine
{
    public static bool Is(Exception trouble, CancellationToken ct) => trouble switch
    {
        OperationCanceledException => !ct.IsCancellationRequested,
        NotStoredException => trouble.InnerException is PostgresException { IsTransient: false },
        PostgresException odd => !odd.IsTransient,
        NpgsqlException => false,
        _ => true,
    };
}
