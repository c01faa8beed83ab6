// SPDX-License-Identifier: GPL-3.0-or-later
// For the thread sanitizer, which does not see into the system's Qt: what Qt itself orders, said in its words. These functions stand in a
// program before Qt's own, tell of the edge and call Qt's. Nothing is suppressed by them: a race beside such an edge is still found.
#include <QDeadlineTimer>
#include <QObject>
#include <QRunnable>
#include <QThread>
#include <QThreadPool>

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <sched.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>

namespace {

template<class Function>
Function *next(const char *name)
{
    if (void *found = dlsym(RTLD_NEXT, name))
        return reinterpret_cast<Function *>(found);
    std::fprintf(stderr, "tests/tsan/qt_edges.cpp: this Qt has no %s\n", name);
    std::abort();
}

// A functor that Qt keeps: who gave it comes before each call, each call before its end, wherever that is, and before a caller that waits
// goes on.
struct Kept : QtPrivate::QSlotObjectBase {
    explicit Kept(QtPrivate::QSlotObjectBase *functor, void *caller = nullptr)
        : QSlotObjectBase(run), functor_(functor), caller_(caller)
    {
        __tsan_release(this);
    }
    static void run(int which, QSlotObjectBase *base, QObject *receiver, void **arguments, bool *same)
    {
        auto *self = static_cast<Kept *>(base);
        __tsan_acquire(self);
        switch (which) {
        case Call: {
            void *const caller = self->caller_;
            self->functor_->call(receiver, arguments);
            __tsan_release(&self->functor_);
            if (caller)
                __tsan_release(caller);
            break;
        }
        case Compare: *same = self->functor_->compare(arguments); break;
        case Destroy:
            __tsan_acquire(&self->functor_);
            self->functor_->destroyIfLastRef();
            delete self;
            break;
        }
    }

private:
    QSlotObjectBase *functor_;
    void *caller_;  // null: he does not wait
};

}  // namespace

bool QMetaObject::invokeMethodImpl(QObject *object, QtPrivate::QSlotObjectBase *slot, Qt::ConnectionType type,
                                   void *ret)
{
    static const auto real = next<bool(QObject *, QtPrivate::QSlotObjectBase *, Qt::ConnectionType, void *)>(
        "_ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv");
    char here = 0;
    const bool waits = type == Qt::BlockingQueuedConnection;
    const bool done = real(object, new Kept(slot, waits ? &here : nullptr), type, ret);
    if (waits)
        __tsan_acquire(&here);
    return done;
}

QMetaObject::Connection QObject::connectImpl(const QObject *sender, void **signal, const QObject *receiver,
                                             void **member, QtPrivate::QSlotObjectBase *slot, Qt::ConnectionType type,
                                             const int *types, const QMetaObject *senderMetaObject)
{
    static const auto real = next<QMetaObject::Connection(const QObject *, void **, const QObject *, void **,
                                                          QtPrivate::QSlotObjectBase *, Qt::ConnectionType, const int *,
                                                          const QMetaObject *)>(
        "_ZN7QObject11connectImplEPKS_PPvS1_S3_PN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPKiPK11QMetaObject");
    return real(sender, signal, receiver, member, new Kept(slot), type, types, senderMetaObject);
}

// A thread's function comes before a wait for it.
QThread *QThread::createThreadImpl(std::future<void> &&function)
{
    static const auto real = next<QThread *(std::future<void> &&)>("_ZN7QThread16createThreadImplEOSt6futureIvE");
    return real(std::async(std::launch::deferred, [function = std::move(function)]() mutable {
        function.get();
        __tsan_release(QThread::currentThread());
    }));
}

bool QThread::wait(QDeadlineTimer deadline)
{
    static const auto real = next<bool(QThread *, QDeadlineTimer)>("_ZN7QThread4waitE14QDeadlineTimer");
    const bool ended = real(this, deadline);
    if (ended)
        __tsan_acquire(this);
    return ended;
}

namespace {

// Whoever gives a pool work comes before the work.
struct Work : QRunnable {
    explicit Work(QRunnable *given) : given_(given), ours_(given->autoDelete()) { __tsan_release(this); }
    ~Work() override
    {
        if (ours_)
            delete given_;
    }
    void run() override
    {
        __tsan_acquire(this);
        given_->run();
    }

private:
    QRunnable *given_;
    bool ours_;
};

}  // namespace

void QThreadPool::start(QRunnable *work, int priority)
{
    static const auto real = next<void(QThreadPool *, QRunnable *, int)>("_ZN11QThreadPool5startEP9QRunnablei");
    real(this, new Work(work), priority);
}

void QThreadPool::start(std::function<void()> work, int priority)
{
    start(QRunnable::create(std::move(work)), priority);
}

// QProcess starts programs by clone(CLONE_VM). The sanitizer takes the child for one with memory of its own, marks its thread as that of a
// process that was forked, and from then on sees no lock of the parent's.
extern "C" int clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    using Clone = int(int (*)(void *), void *, int, void *, ...);
    static const auto real = next<Clone>("clone");
    va_list more;
    va_start(more, argument);
    void *const parent = va_arg(more, void *), *const tls = va_arg(more, void *), *const child = va_arg(more, void *);
    va_end(more);
    return real(function, stack, flags & ~(CLONE_VM | CLONE_VFORK), argument, parent, tls, child);
}
