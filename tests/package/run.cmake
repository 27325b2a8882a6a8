# cmake -D BUILD=<build folder> -D COMPILER=<c++> -D SOURCE=<this folder> -P run.cmake
set(folder ${BUILD}/package)
file(REMOVE_RECURSE ${folder})
set(CMAKE_EXECUTE_PROCESS_COMMAND_ECHO STDOUT)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${folder}/prefix OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${folder}/build -G Ninja -D CMAKE_CXX_COMPILER=${COMPILER}
                        -D CMAKE_PREFIX_PATH=${folder}/prefix COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${folder}/build/counter COMMAND_ERROR_IS_FATAL ANY)
